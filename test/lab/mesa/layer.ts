/** One layer as a model, through the model of Mesa's lowering, on the software NPU, against the reference. */
import { loadNpu } from '../../../src/cli/native.js';
import { boundOf, compareBytes, compareSums, type Comparison, additionCounts } from '../../../src/lab/mesa/bound.js';
import { cubeToDevice, fromDevice, sideBytes, toDevice } from '../../../src/lab/mesa/coefficients.js';
import { compileOperation } from '../../../src/lab/mesa/compile.js';
import type { DefectName, Fixes } from '../../../src/lab/mesa/defects.js';
import { operationOf } from '../../../src/lab/mesa/recognize.js';
import type { Region } from '../../../src/lab/mesa/place.js';
import type { Graph } from '../../../src/graph/graph.js';
import { readTflite } from '../../../src/tflite/reader.js';
import { add } from '../../../src/lab/reference/add.js';
import { accumulate, requantize } from '../../../src/lab/reference/convolution.js';
import { addLayer, convolutionLayer } from '../../../src/lab/reference/layer.js';
import { loadAddon } from '../../host/addon.js';
import { seededRandom } from '../../host/random.js';
import { skip } from '../../host/skip.js';
import { activation, padding, type TensorSpec, writeTflite } from '../../host/tflite_writer.js';

export interface LayerSpec {
  /** uint8 where it is left out. */
  readonly type?: 'int8' | 'uint8';
  readonly depthwise?: boolean;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: readonly [height: number, width: number];
  readonly stride?: readonly [height: number, width: number];
  readonly padding?: keyof typeof padding;
  readonly activation?: keyof typeof activation;
  readonly scales: readonly [input: number, weights: number, output: number];
  readonly zeroPoints: readonly [input: number, weights: number, output: number];
  /** An ADD behind it: scale and zero-point of the other operand and of the sum. */
  readonly add?: { readonly operand: readonly [number, number]; readonly sum: readonly [number, number] };
}

const lengthOut = (length: number, kernel: number, stride: number, mode: keyof typeof padding): number =>
  mode === 'same' ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);

const asPerTensor = (scale: number, zeroPoint: number): Pick<TensorSpec, 'scale' | 'zeroPoint'> => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
});

/** Weights around their zero-point, biases that keep most outputs inside the range. */
const graphOf = (spec: LayerSpec): Graph => {
  const {
    type = 'uint8',
    depthwise = false,
    channels,
    outChannels,
    kernel,
    stride = [1, 1],
    padding: mode = 'same',
  } = spec;
  const [inputZero, weightZero, outputZero] = spec.zeroPoints;
  const random = seededRandom(17);
  const filter = depthwise ? [1, ...kernel, outChannels] : [outChannels, ...kernel, channels];
  const size = filter.reduce((product, side) => product * side, 1);
  const [low, high] = type === 'int8' ? [-128, 127] : [0, 255];
  const weights = Uint8Array.from({ length: size }, () =>
    Math.max(low, Math.min(high, Math.round(weightZero + 40 * random.normal()))),
  );
  const bias = Int32Array.from({ length: outChannels }, () => random.integer(-2000, 2000));
  const output = [
    1,
    lengthOut(spec.height, kernel[0], stride[0], mode),
    lengthOut(spec.width, kernel[1], stride[1], mode),
    outChannels,
  ];
  const options = {
    padding: padding[mode],
    strideH: stride[0],
    strideW: stride[1],
    activation: activation[spec.activation ?? 'none'],
  };
  const tensors: TensorSpec[] = [
    {
      name: 'input',
      type,
      shape: [1, spec.height, spec.width, channels],
      ...asPerTensor(spec.scales[0], inputZero),
    },
    { name: 'filter', type, shape: filter, data: weights, ...asPerTensor(spec.scales[1], weightZero) },
    { name: 'bias', type: 'int32', shape: [outChannels], data: new Uint8Array(bias.buffer) },
    { name: 'output', type, shape: output, ...asPerTensor(spec.scales[2], outputZero) },
  ];
  if (spec.add !== undefined) {
    tensors.push({ name: 'operand', type, shape: output, ...asPerTensor(...spec.add.operand) });
    tensors.push({ name: 'sum', type, shape: output, ...asPerTensor(...spec.add.sum) });
  }
  const bytes = writeTflite({
    tensors,
    inputs: spec.add === undefined ? [0] : [0, 4],
    outputs: [spec.add === undefined ? 3 : 5],
    ops: [
      {
        op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
        inputs: [0, 1, 2],
        outputs: [3],
        options: depthwise
          ? { type: 'DepthwiseConv2DOptions', fields: { ...options, depthMultiplier: 1 } }
          : { type: 'Conv2DOptions', fields: options },
      },
      ...(spec.add === undefined ? [] : [{ op: 'ADD', inputs: [3, 4], outputs: [5] } as const]),
    ],
  });
  return readTflite(bytes).graph;
};

const addresses = {
  input: 0x0100_0000,
  output: 0x0200_0000,
  weights: 0x0300_0000,
  bias: 0x0400_0000,
  operand: 0x0500_0000,
  commands: 0x0600_0000,
};

const inPages = (bytes: Uint8Array): Uint8Array => {
  const pages = new Uint8Array(Math.ceil(Math.max(1, bytes.length) / 4096) * 4096);
  pages.set(bytes);
  return pages;
};

const commandBytes = (
  tasks: readonly (readonly { target: number; offset: number; value: number }[])[],
  pitch: number,
) => {
  const bytes = new Uint8Array(tasks.length * pitch);
  const view = new DataView(bytes.buffer);
  tasks.forEach((words, t) =>
    words.forEach(({ target, offset, value }, i) => {
      view.setBigUint64(t * pitch + 8 * i, (BigInt(target) << 48n) | (BigInt(value) << 16n) | BigInt(offset), true);
    }),
  );
  return bytes;
};

/** What the layer's stream gives with the fixes, or the text with which the NPU refuses it. */
export function runLayer(spec: LayerSpec, names: readonly DefectName[]): Comparison | string {
  const fixes: Fixes = new Set(names);
  const graph = graphOf(spec);
  const [node, sum] = graph.nodes;
  if (node === undefined) throw new Error('no node');
  const found = operationOf(graph, node, sum !== undefined, fixes);
  const layer = convolutionLayer(graph, node);
  if (found === null || layer === null) throw new Error('Mesa leaves it to the CPU');
  const { operation } = found;
  const compiled = compileOperation(operation, fixes);
  const random = seededRandom(23);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.integer(0, 255));
  const input = bytes(spec.height * spec.width * spec.channels);
  const sums = accumulate(layer, input);
  const operand = bytes(sums.length);
  const words = compiled.words(addresses);
  const pitch = compiled.commandBytes / words.length;
  const regions: Region[] = [
    { iova: addresses.input, bytes: inPages(toDevice(operation, input)) },
    { iova: addresses.output, bytes: inPages(new Uint8Array(compiled.outputBytes)) },
    { iova: addresses.weights, bytes: inPages(compiled.weights) },
    { iova: addresses.bias, bytes: inPages(new Uint8Array(compiled.bias.buffer)) },
    { iova: addresses.commands, bytes: inPages(commandBytes(words, pitch)) },
    {
      iova: addresses.operand,
      bytes: inPages(cubeToDevice(operation.output, operation.output.zeroPoint, operand)),
    },
  ];
  let output: Uint8Array;
  try {
    const program = loadNpu().open(
      regions,
      words.map(({ length }, t) => ({ iova: addresses.commands + t * pitch, words: length })),
      {},
    );
    program.run(0, words.length);
    output = fromDevice(operation.output, program.read(addresses.output, sideBytes(operation.output)));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const expected = requantize(layer, sums);
  // What the defects leave apart: the bound has no bits cut from sums.
  const bound = boundOf(layer, operation, new Set([...names, 'k5']));
  if (sum === undefined) return compareSums(layer, bound, sums, expected, output);
  const addition = addLayer(graph, sum);
  if (addition === null) throw new Error('no ADD');
  return compareBytes(
    addition.type,
    add(addition, expected, operand),
    output,
    additionCounts(operation, addition.scales[0]),
  );
}

/** Skips the suite with a line where the addon is not built. */
export function needAddon(context: Mocha.Context): void {
  const addon = loadAddon();
  if (typeof addon === 'string') return skip(context, addon);
}
