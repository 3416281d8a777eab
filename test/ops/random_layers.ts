import type { Random } from '../host/random.js';
import { activation, type OpSpec, padding, type TensorSpec } from '../host/tflite_writer.js';

/**
 * The layers of a random model. Each keeps the mean and the deviation of its output's codes (per channel, estimated
 * from those of its input), so that the next one can be given weights, biases and scales with which most outputs are
 * neither constant nor saturated: a saturated value compares equal whatever the arithmetic.
 */
export interface ConvLayer {
  readonly depthwise: boolean;
  readonly channels: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly padding: 'same' | 'valid';
  /** Whether there is one. TFLite 2.14 takes a quantized convolution without only if it is depthwise; elsewhere it is zeros. */
  readonly bias: boolean;
  readonly activation: keyof typeof activation;
  /** log2 of the largest effective scale, s_in * s_w / s_out. */
  readonly scaleLog2: number;
  /** log10 of the ratio of the largest channel scale to the smallest. */
  readonly channelRatioLog10: number;
  readonly hugeBiases: boolean;
  readonly extremeWeights: boolean;
}

export interface AddLayer {
  readonly other: 'input' | 'conv' | 'source' | 'itself';
  readonly swapped: boolean;
  readonly scaleRatioLog2: number;
  readonly activation: keyof typeof activation;
  /** Who else takes the ADD's first operand: nobody, the caller of the model, another convolution. */
  readonly innerUse: 'none' | 'output' | 'conv';
}

/** An activation tensor and what is known about its codes. */
export interface Plane {
  readonly index: number;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly scale: number;
  readonly zeroPoint: number;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** Counts by which it may differ if each op is off by one and the rest passes it on. */
  readonly differs: number;
}

export interface Graph {
  readonly random: Random;
  readonly type: 'int8' | 'uint8';
  readonly family: 'per-tensor' | 'per-channel';
  readonly powersOfTwo: boolean;
  readonly spec: { readonly tensors: TensorSpec[]; readonly ops: OpSpec[] };
  readonly inputs: number[];
  readonly pictures: Uint8Array[];
}

/** What one output value may be summed from: most layers of a random model stay small, large ones have tests of their own. */
const mostProducts = 4608;
/** Bytes of 32 kernels, channels in atoms of 16, that the convolution buffer holds; more is refused too. */
const mostGroupBytes = 9 * 32 * 1024;
const mostMacs = 12e6;
/** Output counts that one count in all inputs of an output value may amount to, where the input is an inner tensor. */
const mostPassedOn = 2;

export function newGraph(choice: Pick<Graph, 'type' | 'family' | 'powersOfTwo'>, random: Random): Graph {
  const { type, family, powersOfTwo } = choice;
  return { random, type, family, powersOfTwo, spec: { tensors: [], ops: [] }, inputs: [], pictures: [] };
}

export const lowest = (graph: Graph): number => (graph.type === 'int8' ? -128 : 0);
export const highest = (graph: Graph): number => lowest(graph) + 255;
export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** A scale as the file stores it: float32, or the nearest power of two. */
export const stored = (graph: Graph, scale: number): number =>
  Math.fround(graph.powersOfTwo ? 2 ** Math.round(Math.log2(scale)) : scale);

export function anyZeroPoint(graph: Graph): number {
  const { random } = graph;
  if (random.chance(0.2)) return random.pick([lowest(graph), highest(graph), lowest(graph) + 128]);
  return random.integer(lowest(graph), highest(graph));
}

export function addTensor(graph: Graph, name: string, tensor: Omit<TensorSpec, 'name'>): number {
  return graph.spec.tensors.push({ name: `${name}${graph.spec.tensors.length}`, ...tensor }) - 1;
}

/** A graph input and the picture that the model is run with. */
export function graphInput(
  graph: Graph,
  name: string,
  height: number,
  width: number,
  channels: number,
  scale: number | undefined,
  batch = 1,
): Plane {
  const { random, type } = graph;
  const chosen = stored(graph, scale ?? 2 ** random.between(-8, 0));
  const zeroPoint = anyZeroPoint(graph);
  const index = addTensor(graph, name, {
    type,
    shape: [batch, height, width, channels],
    scale: [chosen],
    zeroPoint: [zeroPoint],
  });
  const [low, high] = [lowest(graph), highest(graph)];
  const style = random.pick(['uniform', 'uniform', 'normal', 'extremes']);
  const centre = random.between(low + 50, high - 50);
  const spread = random.between(20, 60);
  const picture = new Uint8Array(batch * height * width * channels);
  for (let i = 0; i < picture.length; i++) {
    const plain = random.integer(low, high);
    const value =
      style === 'normal'
        ? Math.round(centre + spread * random.normal())
        : style === 'extremes' && random.chance(0.3)
          ? plain & 1
            ? low
            : high
          : plain;
    picture[i] = clamp(value, low, high);
  }
  graph.inputs.push(index);
  graph.pictures.push(picture);
  const normal = style === 'normal';
  return {
    index,
    batch,
    height,
    width,
    channels,
    scale: chosen,
    zeroPoint,
    mean: new Float64Array(channels).fill(normal ? centre : (low + high) / 2),
    deviation: new Float64Array(channels).fill(normal ? spread : 74),
    differs: 0,
  };
}

/** The codes that an activation leaves, as TFLite calculates them. */
export function window(
  graph: Graph,
  name: keyof typeof activation,
  scale: number,
  zeroPoint: number,
): readonly [number, number] {
  const code = (value: number): number => zeroPoint + Math.round(value / scale);
  const low = name === 'none' ? lowest(graph) : Math.max(lowest(graph), code(name === 'reluN1To1' ? -1 : 0));
  const high =
    name === 'relu6' || name === 'reluN1To1'
      ? Math.min(highest(graph), code(name === 'relu6' ? 6 : 1))
      : highest(graph);
  return [Math.min(low, highest(graph)), Math.max(high, lowest(graph))];
}

/** Scale and zero-point of an output, such that its activation leaves more than a few codes. */
export function outputQuantization(
  graph: Graph,
  name: keyof typeof activation,
): { readonly scale: number; readonly zeroPoint: number } {
  const { random } = graph;
  const span = name === 'relu6' ? 6 : name === 'reluN1To1' ? 2 : 0;
  const scale = stored(graph, span > 0 ? (span / 255) * 2 ** random.between(-1.5, 1.5) : 2 ** random.between(-8, 0));
  const any = anyZeroPoint(graph);
  const zeroPoint = name === 'relu' || name === 'relu6' ? Math.min(any, highest(graph) - 80) : any;
  return { scale, zeroPoint };
}

export const outputLength = (length: number, kernel: number, stride: number, mode: ConvLayer['padding']): number =>
  mode === 'same' ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);

/** The layer with kernel and channels cut to what fits the plane, the limits and a few milliseconds. */
function fitted(layer: ConvLayer, input: Plane): ConvLayer {
  const products = layer.depthwise ? 1 : input.channels;
  let { kernelHeight, kernelWidth } = layer;
  if (layer.padding === 'valid') {
    kernelHeight = Math.min(kernelHeight, input.height);
    kernelWidth = Math.min(kernelWidth, input.width);
  }
  const groupBytes = layer.depthwise ? 64 : 32 * Math.ceil(products / 16) * 16;
  const tooLarge = (taps: number): boolean => taps * products > mostProducts || taps * groupBytes > mostGroupBytes;
  while (tooLarge(kernelHeight * kernelWidth)) {
    if (kernelHeight > kernelWidth) kernelHeight--;
    else kernelWidth--;
  }
  const macs =
    outputLength(input.height, kernelHeight, layer.strideY, layer.padding) *
    outputLength(input.width, kernelWidth, layer.strideX, layer.padding) *
    kernelHeight *
    kernelWidth *
    products;
  const channels = layer.depthwise ? input.channels : clamp(Math.floor(mostMacs / macs), 1, layer.channels);
  return { ...layer, kernelHeight, kernelWidth, channels };
}

/** CONV_2D or DEPTHWISE_CONV_2D. */
export function convolution(graph: Graph, input: Plane, wanted: ConvLayer): Plane {
  const { random, type } = graph;
  const layer = fitted(wanted, input);
  const { depthwise, channels, kernelHeight, kernelWidth } = layer;
  const output = outputQuantization(graph, layer.activation);
  const [low, high] = window(graph, layer.activation, output.scale, output.zeroPoint);
  const taps = kernelHeight * kernelWidth * (depthwise ? 1 : input.channels);
  const perChannel = graph.family === 'per-channel';
  const dead = Array.from({ length: channels }, () => perChannel && random.chance(0.1));
  const largest = perChannel ? random.integer(0, channels - 1) : 0;
  const scales = Array.from({ length: perChannel ? channels : 1 }, (_, c) => {
    if (dead[c] === true) return stored(graph, 10 ** random.between(-10, -7.01));
    const ratio = c === largest ? 0 : random.between(0, layer.channelRatioLog10);
    return stored(graph, ((2 ** layer.scaleLog2 / 10 ** ratio) * output.scale) / input.scale);
  });
  const weightZero = type === 'int8' ? 0 : random.chance(0.7) ? random.integer(90, 170) : random.integer(0, 255);

  const weights = new Uint8Array(taps * channels);
  const biases = new Int32Array(channels);
  const mean = new Float64Array(channels);
  const deviation = new Float64Array(channels);
  let gain = 0;
  const tap = new Float64Array(taps);
  for (let c = 0; c < channels; c++) {
    const effective = (input.scale * (scales[perChannel ? c : 0] ?? 0)) / output.scale;
    const inputOf = (t: number): number => (depthwise ? c : t % input.channels);
    // Weights that bring the deviation to a tenth to a third of the codes that the activation leaves.
    let power = 0;
    for (let t = 0; t < taps; t++) power += (input.deviation[inputOf(t)] ?? 0) ** 2;
    const target = random.between(0.1, 0.3) * Math.max(high - low, 12);
    const wished = target / (effective * Math.sqrt(Math.max(power, 1)));
    // What sums many values of an inner tensor passes on, in the mean, as many of its wrong counts as its weights add
    // up to in output counts: limited here, so that a chain is judged by its own arithmetic. Whole models are not limited.
    const passedOn = input.differs > 0 ? mostPassedOn / (effective * taps * 0.8) : Infinity;
    const amplitude = dead[c] === true ? 0 : Math.min(wished, passedOn);
    // One count of an inner tensor must not become many: there the weights are kept below one count of output.
    const steepest = input.differs > 0 ? Math.max(1, Math.floor(1 / effective)) : 128;
    const extreme = layer.extremeWeights && steepest >= 128;
    let total = 0;
    for (let t = 0; t < taps; t++) {
      let value = amplitude > 60 ? random.integer(-127, 127) : Math.round(amplitude * random.normal());
      if (amplitude < 0.6 && amplitude > 0) value = random.chance(amplitude ** 2) ? (random.chance(0.5) ? 1 : -1) : 0;
      if (extreme && amplitude > 4 && random.chance(0.02)) value = random.chance(0.8) ? -128 : 127;
      tap[t] = clamp(value, -Math.min(128, steepest), Math.min(127, steepest));
      total += tap[t] ?? 0;
    }
    let accumulated = 0;
    let variance = 0;
    for (let t = 0; t < taps; t++) {
      // Without a bias, weights that add up to about nothing keep the mean in the range.
      const centred = layer.bias ? (tap[t] ?? 0) : (tap[t] ?? 0) - Math.round(total / taps);
      const code = dead[c] === true ? weightZero : clamp(centred + weightZero, lowest(graph), highest(graph));
      const value = code - weightZero;
      weights[depthwise ? t * channels + c : c * taps + t] = code;
      accumulated += value * ((input.mean[inputOf(t)] ?? 0) - input.zeroPoint);
      variance += (value * (input.deviation[inputOf(t)] ?? 0)) ** 2;
      gain = Math.max(gain, Math.abs(value) * effective);
    }
    if (layer.bias) {
      const centre = low + random.between(0.15, 0.85) * (high - low);
      const huge = layer.hugeBiases && random.chance(0.05);
      const value = huge
        ? (random.chance(0.5) ? 1 : -1) * random.pick([2 ** 30, random.integer(2 ** 20, 2 ** 30)])
        : (centre - output.zeroPoint) / effective - accumulated;
      biases[c] = clamp(dead[c] === true && random.chance(0.3) ? 0 : Math.round(value), -(2 ** 30), 2 ** 30);
    }
    mean[c] = clamp(output.zeroPoint + effective * (accumulated + (biases[c] ?? 0)), low, high);
    deviation[c] = Math.min(effective * Math.sqrt(variance), (high - low) / 3);
  }

  const shape = depthwise
    ? [1, kernelHeight, kernelWidth, channels]
    : [channels, kernelHeight, kernelWidth, input.channels];
  const filter = addTensor(graph, 'w', {
    type,
    shape,
    scale: scales,
    zeroPoint: scales.map(() => weightZero),
    quantizedDimension: perChannel ? (depthwise ? 3 : 0) : 0,
    data: weights,
  });
  const bias = layer.bias || !depthwise ? [addBias(graph, input.scale, scales, biases)] : [];
  const height = outputLength(input.height, kernelHeight, layer.strideY, layer.padding);
  const width = outputLength(input.width, kernelWidth, layer.strideX, layer.padding);
  const index = addTensor(graph, 'conv', {
    type,
    shape: [input.batch, height, width, channels],
    scale: [output.scale],
    zeroPoint: [output.zeroPoint],
  });
  const fields = {
    padding: padding[layer.padding],
    strideH: layer.strideY,
    strideW: layer.strideX,
    activation: activation[layer.activation],
  };
  graph.spec.ops.push({
    op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
    version: type === 'int8' ? 3 : 1,
    inputs: [input.index, filter, ...bias],
    outputs: [index],
    options: depthwise
      ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1 } }
      : { type: 'Conv2DOptions', fields },
  });
  return {
    index,
    batch: input.batch,
    height,
    width,
    channels,
    ...output,
    mean,
    deviation,
    differs: 1 + gain * input.differs,
  };
}

function addBias(graph: Graph, inputScale: number, scales: readonly number[], biases: Int32Array): number {
  return addTensor(graph, 'b', {
    type: 'int32',
    shape: [biases.length],
    scale: scales.map((scale) => Math.fround(inputScale * scale)),
    zeroPoint: scales.map(() => 0),
    data: new Uint8Array(biases.buffer),
  });
}

/** ADD of `inner` and another tensor; `layer` made `inner` from `source`, where a convolution did. */
export function addLayer(
  graph: Graph,
  source: Plane,
  inner: Plane,
  add: AddLayer,
  layer: ConvLayer | undefined,
): Plane {
  const { random, type } = graph;
  const other = otherOperand(graph, source, inner, add, layer);
  const { channels } = inner;
  const average = (of: (c: number) => number): number => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += of(c);
    return sum / channels;
  };
  const offset = (plane: Plane, c: number): number => plane.scale * ((plane.mean[c] ?? 0) - plane.zeroPoint);
  const spread = (c: number): number =>
    Math.hypot(inner.scale * (inner.deviation[c] ?? 0), other.scale * (other.deviation[c] ?? 0));
  const meanReal = average((c) => offset(inner, c) + offset(other, c));
  // Mostly an inner count stays about a count of the sum; now and then it is magnified (and the model judged apart).
  const inherited = (inner.differs > 0 ? inner.scale : 0) + (other.differs > 0 ? other.scale : 0);
  const magnifies = random.chance(0.1);
  const spreadReal = Math.max(average(spread), 2 * other.scale, (magnifies ? 15 : 60) * inherited);
  let scale = stored(graph, spreadReal / random.between(25, 60));
  if (add.activation === 'relu6' || add.activation === 'reluN1To1') {
    // The limit of the activation in codes follows from the scale alone: stay near what leaves some of them.
    const span = add.activation === 'relu6' ? 6 : 2;
    scale = stored(graph, clamp(scale, span / 400, span / 40));
  }
  const [low, high] = [lowest(graph), highest(graph)];
  const zeroPoint = random.chance(0.8)
    ? clamp(
        Math.round(random.between(low + 60, high - 60) - meanReal / scale),
        low,
        add.activation === 'none' ? high : high - 60,
      )
    : anyZeroPoint(graph);
  const [floor, ceiling] = window(graph, add.activation, scale, zeroPoint);
  const index = addTensor(graph, 'sum', {
    type,
    shape: [inner.batch, inner.height, inner.width, channels],
    scale: [scale],
    zeroPoint: [zeroPoint],
  });
  graph.spec.ops.push({
    op: 'ADD',
    version: type === 'int8' ? 2 : 1,
    inputs: add.swapped ? [other.index, inner.index] : [inner.index, other.index],
    outputs: [index],
    options: { type: 'AddOptions', fields: { activation: activation[add.activation] } },
  });
  return {
    index,
    batch: inner.batch,
    height: inner.height,
    width: inner.width,
    channels,
    scale,
    zeroPoint,
    mean: Float64Array.from({ length: channels }, (_, c) =>
      clamp(zeroPoint + (offset(inner, c) + offset(other, c)) / scale, floor, ceiling),
    ),
    deviation: Float64Array.from({ length: channels }, (_, c) => Math.min(spread(c) / scale, (ceiling - floor) / 3)),
    differs:
      1 +
      (inner.differs * inner.scale + (other === inner ? inner.differs * inner.scale : other.differs * other.scale)) /
        scale,
  };
}

function otherOperand(graph: Graph, source: Plane, inner: Plane, add: AddLayer, layer: ConvLayer | undefined): Plane {
  const sameShape =
    source.batch === inner.batch &&
    source.height === inner.height &&
    source.width === inner.width &&
    source.channels === inner.channels;
  if (add.other === 'itself') return inner;
  if (add.other === 'source' && sameShape && source !== inner) return source;
  if (add.other === 'conv' && layer !== undefined) {
    return convolution(graph, source, { ...layer, depthwise: layer.depthwise, channels: inner.channels });
  }
  return graphInput(
    graph,
    'y',
    inner.height,
    inner.width,
    inner.channels,
    inner.scale * 2 ** add.scaleRatioLog2,
    inner.batch,
  );
}
