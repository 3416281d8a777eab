import { operatorsOf } from '../../src/tflite/operators.js';
import { activation, padding } from '../host/tflite_writer.js';
import {
  addLayer,
  anyZeroPoint,
  clamp,
  convolution,
  type ConvLayer,
  type Graph,
  highest,
  lowest,
  outputLength,
  stored,
} from '../ops/random_layers.js';
import type { Layer } from './places.js';
import {
  asCodes,
  average,
  flat,
  fromPlane,
  ints,
  isMap,
  made,
  push,
  realOf,
  sizeOf,
  spread,
  type Value,
  version,
} from './value.js';

/** Ops that calculate. */
const anyActivation = (graph: Graph, share: number): keyof typeof activation =>
  graph.random.chance(share) ? graph.random.pick(['relu', 'relu6', 'reluN1To1', 'relu']) : 'none';

const anyChannels = (graph: Graph): number => {
  const { random } = graph;
  return random.chance(0.7) ? random.pick([8, 15, 16, 17, 24, 31, 32, 33, 48]) : random.integer(1, 40);
};

const anyConv = (graph: Graph): ConvLayer => {
  const { random } = graph;
  const kernel = random.pick([1, 1, 3, 3, 2, 5]);
  return {
    depthwise: random.chance(0.3),
    channels: anyChannels(graph),
    kernelHeight: kernel,
    kernelWidth: random.chance(0.8) ? kernel : random.integer(1, 4),
    strideY: random.pick([1, 1, 1, 2]),
    strideX: random.pick([1, 1, 1, 2]),
    padding: random.chance(0.7) ? 'same' : 'valid',
    bias: true,
    activation: anyActivation(graph, 0.4),
    scaleLog2: random.between(-10, -3),
    channelRatioLog10: random.between(0, 2),
    hugeBiases: false,
    extremeWeights: random.chance(0.2),
  };
};

export const conv: Layer = (graph, value) =>
  isMap(value) ? [fromPlane(convolution(graph, value, anyConv(graph)), value.depth + 1)] : null;

/** Rows of values; a map is one row for each picture. */
export const fullyConnected: Layer = (graph, value) => {
  const { random } = graph;
  const [rows = 1] = value.shape;
  const columns = sizeOf(value.shape) / rows;
  if (value.shape.length === 3 || columns > 1500) return null;
  const plane = { ...value, ...spread(value, columns), batch: rows, height: 1, width: 1, channels: columns };
  // A convolution of one pixel with the same numbers; filters with a scale for each channel are not of every runtime.
  const one: ConvLayer = {
    ...anyConv(graph),
    depthwise: false,
    channels: random.integer(1, 40),
    kernelHeight: 1,
    kernelWidth: 1,
    strideY: 1,
    strideX: 1,
  };
  const { index, channels, scale, zeroPoint, mean, deviation, differs } = convolution(
    { ...graph, family: 'per-tensor' },
    plane,
    one,
  );
  const { ops, tensors } = graph.spec;
  const node = ops.pop();
  const [, filter = -1, bias = -1] = node?.inputs ?? [];
  const reshape = (tensor: number, shape: readonly number[]): void => {
    const spec = tensors[tensor];
    if (spec !== undefined) tensors[tensor] = { ...spec, shape };
  };
  reshape(filter, [channels, columns]);
  reshape(index, [rows, channels]);
  push(graph, {
    op: 'FULLY_CONNECTED',
    version: version(graph, 4),
    inputs: [value.index, filter, bias],
    outputs: [index],
    options: {
      type: 'FullyConnectedOptions',
      fields: { activation: Number(node?.options?.fields['activation'] ?? 0) },
    },
  });
  return [
    {
      index,
      batch: rows,
      height: 1,
      width: 1,
      channels,
      shape: [rows, channels],
      scale,
      zeroPoint,
      mean,
      deviation,
      differs,
      depth: value.depth + 1,
    },
  ];
};

/** Pools, also of one pixel, with any activation. */
export const pool: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const mode = random.chance(0.6) ? 'same' : 'valid';
  const side = (length: number): number => Math.min(random.pick([1, 1, 2, 2, 3, 4]), mode === 'valid' ? length : 8);
  const [kernelH, kernelW] = [side(value.height), side(value.width)];
  const one = kernelH * kernelW === 1 && random.chance(0.5);
  const [strideH, strideW] = one ? [1, 1] : [random.integer(1, 3), random.integer(1, 3)];
  const name = anyActivation(graph, one ? 0.8 : 0.4);
  const average = random.chance(0.4);
  const shape = [
    value.batch,
    outputLength(value.height, kernelH, strideH, mode),
    outputLength(value.width, kernelW, strideW, mode),
    value.channels,
  ];
  const zero = name === 'none' ? lowest(graph) : clamp(value.zeroPoint, lowest(graph), highest(graph));
  const output = made(graph, 'pool', {
    shape,
    scale: value.scale,
    zeroPoint: value.zeroPoint,
    statistics: { mean: value.mean.map((mean) => Math.max(mean, zero)), deviation: value.deviation },
    differs: value.differs + (average ? 1 : 0),
    depth: value.depth + (average ? 1 : 0),
  });
  push(graph, {
    op: average ? 'AVERAGE_POOL_2D' : 'MAX_POOL_2D',
    version: version(graph),
    inputs: [value.index],
    outputs: [output.index],
    options: {
      type: 'Pool2DOptions',
      fields: {
        padding: padding[mode],
        strideW,
        strideH,
        filterW: kernelW,
        filterH: kernelH,
        activation: activation[name],
      },
    },
  });
  return [output];
};

/** Values of the same shape, or of one that broadcasts to it. */
const operandsOf = (value: Value, others: readonly Value[]): readonly Value[] =>
  others.filter(
    ({ shape }) => shape.length === value.shape.length && shape.every((dim, i) => dim === value.shape[i] || dim === 1),
  );

/** ADD of two values; where none fits, of two convolutions of it. */
export const residual: Layer = (graph, value, others) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const same = others.filter(({ index, shape }) => index !== value.index && shape.join() === value.shape.join());
  const layer: ConvLayer = {
    ...anyConv(graph),
    strideY: 1,
    strideX: 1,
    padding: 'same',
    depthwise: false,
    channels: value.channels,
  };
  const chosen = same[random.integer(0, same.length - 1)];
  const inner =
    chosen !== undefined && random.chance(0.6) ? chosen : fromPlane(convolution(graph, value, layer), value.depth + 1);
  // A large plane may have got fewer channels.
  if (inner.channels !== value.channels) return [inner];
  const sum = addLayer(
    graph,
    value,
    inner,
    {
      other: 'source',
      swapped: random.chance(0.5),
      scaleRatioLog2: 0,
      activation: anyActivation(graph, 0.3),
      innerUse: 'none',
    },
    undefined,
  );
  return [fromPlane(sum, Math.max(inner.depth, value.depth) + 1)];
};

/** ADD, SUB, MUL with an operand that may broadcast, or with a constant. */
export const pair: Layer = (graph, value, others) => {
  const { random } = graph;
  const fit = operandsOf(value, others);
  const other = random.chance(0.3)
    ? constant(graph, value)
    : (fit[random.integer(0, fit.length - 1)] ?? constant(graph, value));
  const op = random.pick(['MUL', 'MUL', 'SUB', 'ADD']);
  const [a, b] = [realOf(value), spread(realOf(other), value.channels)];
  const at = (values: Float64Array, c: number): number => values[c] ?? 0;
  const real = {
    mean: a.mean.map((mean, c) =>
      op === 'MUL' ? mean * at(b.mean, c) : op === 'SUB' ? mean - at(b.mean, c) : mean + at(b.mean, c),
    ),
    deviation: a.deviation.map((deviation, c) =>
      op === 'MUL'
        ? Math.hypot(deviation * at(b.mean, c), at(b.deviation, c) * at(a.mean, c), deviation * at(b.deviation, c))
        : Math.hypot(deviation, at(b.deviation, c)),
    ),
  };
  const scale = stored(graph, Math.max(average(real.deviation) / random.between(25, 60), 2 ** -20));
  const centre = random.between(lowest(graph) + 70, highest(graph) - 70);
  const zeroPoint = Math.round(clamp(centre - average(real.mean) / scale, lowest(graph), highest(graph)));
  const reach = (one: Value): number =>
    one.scale * Math.max(one.zeroPoint - lowest(graph), highest(graph) - one.zeroPoint);
  const passed =
    op === 'MUL'
      ? (value.differs * value.scale * reach(other) + other.differs * other.scale * reach(value)) / scale
      : (value.differs * value.scale + other.differs * other.scale) / scale;
  const output = made(graph, op.toLowerCase(), {
    shape: value.shape,
    scale,
    zeroPoint,
    statistics: asCodes(graph, real, scale, zeroPoint),
    differs: 1 + passed,
    depth: Math.max(value.depth, other.depth) + 1,
  });
  const names = { MUL: 'MulOptions', SUB: 'SubOptions', ADD: 'AddOptions' } as const;
  const inputs = random.chance(0.3) && op !== 'SUB' ? [other.index, value.index] : [value.index, other.index];
  push(graph, {
    op,
    version: version(graph),
    inputs,
    outputs: [output.index],
    options: { type: names[op], fields: { activation: activation[anyActivation(graph, 0.2)] } },
  });
  return [output];
};

/** A constant of one value, of one for each channel, or of the whole shape. */
function constant(graph: Graph, value: Value): Value {
  const { random, type, spec } = graph;
  const style = random.integer(0, 2);
  const shape =
    style === 2
      ? [1, ...value.shape.slice(1)]
      : value.shape.map((dim, i) => (style === 1 && i === value.shape.length - 1 ? dim : 1));
  const [scale, zeroPoint] = [stored(graph, 2 ** random.between(-7, -2)), anyZeroPoint(graph)];
  const data = Uint8Array.from({ length: sizeOf(shape) }, () => random.integer(0, 255));
  const index =
    spec.tensors.push({ name: `c${spec.tensors.length}`, type, shape, scale: [scale], zeroPoint: [zeroPoint], data }) -
    1;
  const middle = (lowest(graph) + highest(graph)) / 2;
  return {
    index,
    batch: 1,
    height: 1,
    width: 1,
    channels: shape.at(-1) ?? 1,
    shape,
    scale,
    zeroPoint,
    ...flat(shape.at(-1) ?? 1, middle, 74),
    differs: 0,
    depth: 0,
  };
}

/** MAXIMUM and MINIMUM of values of one quantization. */
export const extreme: Layer = (graph, value, others) => {
  const { random } = graph;
  const alike = operandsOf(value, others).filter(
    ({ scale, zeroPoint }) => scale === value.scale && zeroPoint === value.zeroPoint,
  );
  const other = alike[random.integer(0, alike.length - 1)];
  if (other === undefined) return null;
  const output = made(graph, 'extreme', {
    shape: value.shape,
    scale: value.scale,
    zeroPoint: value.zeroPoint,
    statistics: value,
    differs: Math.max(value.differs, other.differs),
    depth: Math.max(value.depth, other.depth),
  });
  push(graph, {
    op: random.pick(['MAXIMUM', 'MINIMUM']),
    version: version(graph),
    inputs: [value.index, other.index],
    outputs: [output.index],
    options: { type: 'MaximumMinimumOptions', fields: {} },
  });
  return [output];
};

const extremes = operatorsOf(({ shape, codes }) => shape === 'reduced' && codes === 'kept');

/** Over some axes. Not SUM: the reference kernel adds int8 codes as if they were uint8. */
export const reduce: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const isExact = !random.chance(2 / 3);
  // By turns, and not by another number: graphs without it stay the same where an op comes to them.
  const op = isExact ? (extremes[graph.spec.ops.length % extremes.length] ?? 'REDUCE_MAX') : 'MEAN';
  const axes = random.pick<readonly number[]>([[1, 2], [1, 2], [2, 1], [1], [2], [3], [-1], [1, 2, 3]]);
  const keepDims = random.chance(0.6);
  const positive = axes.map((axis) => (axis < 0 ? axis + 4 : axis));
  const count = sizeOf(positive.map((axis) => value.shape[axis] ?? 1));
  const kept = value.shape.map((dim, axis) => (positive.includes(axis) ? 1 : dim));
  const shape = keepDims ? kept : kept.filter((_, axis) => !positive.includes(axis));
  const ratio = random.chance(0.5) ? 1 : random.between(0.4, 1);
  const scale = isExact ? value.scale : stored(graph, value.scale * ratio);
  const real = spread(realOf(value), shape.at(-1) ?? 1);
  const deviation = real.deviation.map((one) => one / Math.sqrt(count));
  const zeroPoint =
    isExact || scale === value.scale
      ? value.zeroPoint
      : Math.round(
          clamp((lowest(graph) + highest(graph)) / 2 - average(real.mean) / scale, lowest(graph), highest(graph)),
        );
  const rounds = isExact ? 0 : 1;
  const output = made(graph, 'reduced', {
    shape,
    scale,
    zeroPoint,
    statistics: asCodes(graph, { mean: real.mean, deviation }, scale, zeroPoint),
    differs: rounds + (value.differs * value.scale) / scale,
    depth: value.depth + rounds,
  });
  push(graph, {
    op,
    version: 2,
    inputs: [value.index, ints(graph, axes)],
    outputs: [output.index],
    options: { type: 'ReducerOptions', fields: { keepDims } },
  });
  return [output];
};

/** Each code by itself. A table that is steep in codes is taken only of values that are TFLite's. */
export const table: Layer = (graph, value) => {
  const { random } = graph;
  const op = random.pick([
    'LOGISTIC',
    'TANH',
    'HARD_SWISH',
    'LEAKY_RELU',
    'RELU',
    'RELU6',
    'QUANTIZE',
    'PRELU',
    'QUANTIZE',
  ]);
  if (op === 'PRELU' && !isMap(value)) return null;
  const fixed = op === 'LOGISTIC' ? 2 ** -8 : op === 'TANH' ? 2 ** -7 : null;
  const scale = fixed ?? stored(graph, value.scale * 2 ** random.between(-0.5, 1));
  const middle = graph.type === 'int8' ? 0 : 128;
  const zeroPoint = fixed === null ? anyZeroPoint(graph) : op === 'LOGISTIC' ? lowest(graph) : middle;
  const steepness = (op === 'LOGISTIC' ? 0.25 : op === 'HARD_SWISH' ? 1.5 : 1) * (value.scale / scale);
  if (value.differs > 0 && steepness > 4) return null;
  const real = realOf(value);
  const shaped = fixed === null ? real : flat(value.channels, op === 'LOGISTIC' ? 0.5 : 0, 0.4);
  const output = made(graph, op.toLowerCase(), {
    shape: value.shape,
    scale,
    zeroPoint,
    statistics: asCodes(graph, shaped, scale, zeroPoint),
    differs: 1 + steepness * value.differs,
    depth: value.depth + 1,
  });
  const inputs = [value.index];
  if (op === 'PRELU') {
    const { type, spec } = graph;
    const data = Uint8Array.from({ length: value.channels }, () => random.integer(0, 255));
    inputs.push(
      spec.tensors.push({
        name: `alpha${spec.tensors.length}`,
        type,
        shape: [1, 1, value.channels],
        scale: [stored(graph, 2 ** -8)],
        zeroPoint: [middle],
        data,
      }) - 1,
    );
  }
  push(graph, {
    op,
    version: op === 'LEAKY_RELU' ? 2 : ['QUANTIZE', 'HARD_SWISH', 'PRELU'].includes(op) ? 1 : version(graph),
    inputs,
    outputs: [output.index],
    ...(op === 'LEAKY_RELU'
      ? { options: { type: 'LeakyReluOptions', fields: { alpha: random.between(0.01, 0.5) } } }
      : {}),
    ...(op === 'QUANTIZE' ? { options: { type: 'QuantizeOptions', fields: {} } } : {}),
  });
  return [output];
};

/** Several branches of one value in one quantization: what a concatenation joins, and a maximum takes. */
export const branches: Layer = (graph, value) => {
  const { random } = graph;
  if (!isMap(value)) return null;
  const [scale, zeroPoint] = [value.scale, anyZeroPoint(graph)];
  const requantized = (one: Value): Value => {
    const output = made(graph, 'branch', {
      shape: one.shape,
      scale,
      zeroPoint,
      statistics: asCodes(graph, realOf(one), scale, zeroPoint),
      differs: 1 + (one.differs * one.scale) / scale,
      depth: one.depth + 1,
    });
    push(graph, {
      op: 'QUANTIZE',
      inputs: [one.index],
      outputs: [output.index],
      options: { type: 'QuantizeOptions', fields: {} },
    });
    return output;
  };
  return Array.from({ length: random.integer(2, 3) }, () => {
    const layer = { ...anyConv(graph), strideY: 1, strideX: 1, padding: 'same' as const };
    return requantized(random.chance(0.2) ? value : fromPlane(convolution(graph, value, layer), value.depth + 1));
  });
};
