/** Small graphs for the self-test: one layer each, with weights and numbers that look like noise and are the same in each run. */
import { noise } from '../noise.js';
import type { Graph, Node, Part, Tensor } from '../graph/graph.js';
import { elementCount } from '../graph/graph.js';
import { newestNumerics } from '../graph/numerics.js';
import { activation, padding } from '../tflite/operators.js';

export interface Subject {
  readonly graph: Graph;
  readonly part: Part;
}

type ByteType = 'int8' | 'uint8';
type Shape = readonly number[];

const quantization = (scales: readonly number[], zeroPoint: number, axis = 0): Tensor['quantization'] => ({
  scales: scales.map(Math.fround),
  zeroPoints: scales.map(() => zeroPoint),
  axis,
});

const usualScale = 0.05;

interface Layer {
  readonly op: string;
  readonly type?: ByteType;
  readonly inputs: readonly Shape[];
  /** One for each input; the usual one where there is none. */
  readonly inputScales?: readonly number[];
  readonly constants?: readonly Omit<Tensor, 'index' | 'name' | 'constant' | 'variable'>[];
  readonly output: Shape;
  readonly outputScale?: number;
  readonly outputZeroPoint?: number;
  readonly params?: Node['params'];
}

const layer = ({ op, type = 'int8', inputs, constants = [], output, params = {}, ...scales }: Layer): Subject => {
  const { inputScales = [], outputScale = 0.07, outputZeroPoint = type === 'int8' ? 4 : 131 } = scales;
  const zeroPoint = type === 'int8' ? -3 : 125;
  const common = { constant: false, variable: false, data: null } as const;
  const feature = (shape: Shape, scale: number, zero: number) => ({
    type,
    shape,
    quantization: quantization([scale], zero),
    ...common,
  });
  const all = [
    ...inputs.map((shape, i) => feature(shape, inputScales[i] ?? usualScale, zeroPoint)),
    ...constants.map((constant) => ({ ...common, ...constant, constant: true })),
    feature(output, outputScale, outputZeroPoint),
  ].map((tensor, index): Tensor => ({ index, name: `t${index}`, ...tensor }));
  const last = all.length - 1;
  const node: Node = {
    index: 0,
    op,
    version: 2,
    inputs: all.slice(0, -1).map(({ index }) => index),
    outputs: [last],
    params,
  };
  return {
    graph: { numerics: newestNumerics, tensors: new Map(all.map((tensor) => [tensor.index, tensor])), nodes: [node] },
    part: { nodes: [0], inputs: inputs.map((_, i) => i), outputs: [last] },
  };
};

const constant = (type: ByteType, shape: Shape, scales: readonly number[], zeroPoint: number, axis = 0) => ({
  type,
  shape,
  quantization: quantization(scales, zeroPoint, axis),
  data: noise(elementCount(shape), shape.length + elementCount(shape)),
});

export interface Convolution {
  readonly size: readonly [height: number, width: number, channels: number];
  /** Output channels; without them it is depthwise. */
  readonly to?: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly type?: ByteType;
  readonly perChannel?: boolean;
  readonly act?: keyof typeof activation;
  readonly inputScale?: number;
  readonly filterScale?: number;
  readonly outputScale?: number;
}

/** Padding is SAME. */
export const convolution = ({
  size,
  to,
  type = 'int8',
  kernel = 1,
  stride = 1,
  perChannel,
  ...more
}: Convolution): Subject => {
  const {
    act = 'none',
    inputScale = 0.05,
    outputScale = 0.07,
    filterScale = 0.2 / (kernel * Math.sqrt(size[2])) / 8,
  } = more;
  const [height, width, channels] = size;
  const isDepthwise = to === undefined;
  const results = to ?? channels;
  const shape = isDepthwise ? [1, kernel, kernel, channels] : [results, kernel, kernel, channels];
  const scales =
    perChannel === true ? Array.from({ length: results }, (_, c) => (filterScale / 2) * (1 + (c % 7))) : [filterScale];
  const bias = new Int32Array(noise(results, 9)).map((value) => value * 12 - 1500);
  return layer({
    op: isDepthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
    type,
    inputs: [[1, height, width, channels]],
    inputScales: [inputScale],
    outputScale,
    constants: [
      constant(type, shape, scales, type === 'int8' ? 0 : 131, isDepthwise ? 3 : 0),
      { type: 'int32', shape: [results], quantization: null, data: new Uint8Array(bias.buffer) },
    ],
    output: [1, Math.ceil(height / stride), Math.ceil(width / stride), results],
    params: {
      padding: padding.same,
      strideH: stride,
      strideW: stride,
      dilationH: 1,
      dilationW: 1,
      activation: activation[act],
      depthMultiplier: 1,
    },
  });
};

/** One input, output of the same shape. */
export const unary = (
  op: string,
  shape: Shape,
  outputScale: number,
  outputZeroPoint: number,
  params: Node['params'] = {},
) => layer({ op, inputs: [[1, ...shape]], output: [1, ...shape], outputScale, outputZeroPoint, params });

export const binary = (op: string, shape: Shape, inputScales: readonly number[], outputScale: number) =>
  layer({
    op,
    inputs: [
      [1, ...shape],
      [1, ...shape],
    ],
    inputScales,
    output: [1, ...shape],
    outputScale,
    params: { activation: activation.none },
  });

export const prelu = (shape: readonly [number, number, number]): Subject =>
  layer({
    op: 'PRELU',
    inputs: [[1, ...shape]],
    constants: [constant('int8', [1, 1, shape[2]], [0.004], 0)],
    output: [1, ...shape],
  });

export const pool = (
  op: string,
  [height, width, channels]: readonly [number, number, number],
  window: number,
): Subject =>
  layer({
    op,
    inputs: [[1, height, width, channels]],
    output: [1, height / window, width / window, channels],
    outputScale: 0.05,
    outputZeroPoint: -3,
    params: {
      padding: padding.valid,
      strideH: window,
      strideW: window,
      filterH: window,
      filterW: window,
      activation: activation.none,
    },
  });

export const resize = (
  op: string,
  [height, width, channels]: readonly [number, number, number],
  factor: number,
): Subject =>
  layer({
    op,
    inputs: [[1, height, width, channels]],
    constants: [
      {
        type: 'int32',
        shape: [2],
        quantization: null,
        data: new Uint8Array(Int32Array.of(height * factor, width * factor).buffer),
      },
    ],
    output: [1, height * factor, width * factor, channels],
    outputScale: 0.05,
    outputZeroPoint: -3,
    params: { alignCorners: 0, halfPixelCenters: 1 },
  });
