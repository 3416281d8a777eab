/** Layers as the reference computes them: numbers of a node and its tensors, in the tensors' own codes. */
import { fourDimensions } from '../../ops/shared/four_dimensions.js';
import { type ByteTensor, isByteTensor, perTensorOf, planeOf as rowsOf } from '../../graph/tensor.js';
import { optionOf } from '../../graph/options.js';
import { at } from '../../in_range.js';
import { type Graph, type Node, type Tensor, tensorAt } from '../../graph/graph.js';
import { padding, activation } from '../../tflite/operators.js';
import {
  activationRange,
  effectiveScale,
  type QuantizedMultiplier,
  quantizeMultiplier,
  typeRange,
} from '../../tflite/multiplier.js';

export type ByteType = 'int8' | 'uint8';

export interface Plane {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Where a window stands: its sides, steps, and the padding above and left of the plane. */
export interface Window {
  readonly height: number;
  readonly width: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padTop: number;
  readonly padLeft: number;
}

export interface ConvolutionLayer {
  readonly depthwise: boolean;
  readonly type: ByteType;
  readonly input: Plane;
  readonly output: Plane;
  readonly window: Window;
  readonly inputZeroPoint: number;
  /** OHWI, depthwise 1HWC, less their zero-point. */
  readonly weights: Int16Array;
  readonly bias: Int32Array;
  /** One, or one for each output channel. */
  readonly multipliers: readonly QuantizedMultiplier[];
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

export interface AddLayer {
  readonly type: ByteType;
  readonly scales: readonly [number, number, number];
  readonly zeroPoints: readonly [number, number, number];
  readonly range: readonly [number, number];
}

export interface AverageLayer {
  readonly type: ByteType;
  readonly input: Plane;
  readonly output: Plane;
  readonly window: Window;
  readonly range: readonly [number, number];
}

/** Of one picture. */
export const planeOf = ({ shape }: Tensor): Plane => {
  const [height, width, channels] = rowsOf({ shape: shape.slice(-3) });
  return { height, width, channels };
};

/** The codes that the fused activation leaves; null where that asks for a scale and there is none. */
const rangeOf = (node: Node, result: ByteTensor): readonly [number, number] | null => {
  const code = optionOf(node, 'activation');
  if (code === activation.none) return typeRange(result.type);
  const quantization = perTensorOf(result);
  return quantization === null ? null : activationRange(code, quantization.scale, quantization.stored, result.type);
};

/** TFLite puts the smaller half of SAME padding in front. */
const before = (mode: number, input: number, kernel: number, stride: number, output: number): number =>
  mode === padding.same ? Math.max(0, (output - 1) * stride + kernel - input) >> 1 : 0;

const windowOf = (
  node: Node,
  input: Plane,
  output: Plane,
  { height, width }: { readonly height: number; readonly width: number },
): Window => {
  const mode = optionOf(node, 'padding', padding.valid);
  const [strideH, strideW] = [optionOf(node, 'strideH', 1), optionOf(node, 'strideW', 1)];
  const [dilationH, dilationW] = [optionOf(node, 'dilationH', 1), optionOf(node, 'dilationW', 1)];
  const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;
  return {
    height,
    width,
    strideY: strideH,
    strideX: strideW,
    dilationY: dilationH,
    dilationX: dilationW,
    padTop: before(mode, input.height, reach(height, dilationH), strideH, output.height),
    padLeft: before(mode, input.width, reach(width, dilationW), strideW, output.width),
  };
};

/** A constant's bytes less their zero-point. */
const centred = (tensor: ByteTensor, data: Uint8Array): Int16Array => {
  // int8 filters may leave theirs out.
  const zeroPoints = tensor.quantization?.zeroPoints ?? [];
  const zero = zeroPoints.length === 0 ? 0 : at(zeroPoints, 0);
  return tensor.type === 'int8'
    ? Int16Array.from(new Int8Array(data.buffer, data.byteOffset, data.length), (w) => w - zero)
    : Int16Array.from(data, (w) => w - zero);
};

const biasOf = (tensor: Tensor | null, channels: number): Int32Array => {
  const bias = new Int32Array(channels);
  const data = tensor?.data ?? null;
  if (data === null) return bias;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let c = 0; c < channels; c++) bias[c] = view.getInt32(4 * c, true);
  return bias;
};

/** @returns null where the node is no quantized convolution of one picture with constant weights */
export const convolutionLayer = (graph: Graph, node: Node): ConvolutionLayer | null => {
  const { op, inputs, outputs } = node;
  if (op !== 'CONV_2D' && op !== 'DEPTHWISE_CONV_2D') return null;
  const [input, filter, bias] = [tensorAt(graph, inputs[0]), tensorAt(graph, inputs[1]), tensorAt(graph, inputs[2])];
  const result = tensorAt(graph, outputs[0]);
  if (!isByteTensor(input) || !isByteTensor(filter) || !isByteTensor(result) || filter.data === null) return null;
  const [x, y] = [perTensorOf(input), perTensorOf(result)];
  const [from, to] = [planeOf(input), planeOf(result)];
  const scales = filter.quantization?.scales ?? [];
  const range = rangeOf(node, result);
  const kernel = fourDimensions(filter);
  if (x === null || y === null || input.shape[0] !== 1 || kernel === null || scales.length === 0 || range === null)
    return null;
  return {
    depthwise: op === 'DEPTHWISE_CONV_2D',
    type: result.type,
    input: from,
    output: to,
    window: windowOf(node, from, to, { height: kernel[1], width: kernel[2] }),
    inputZeroPoint: x.stored,
    weights: centred(filter, filter.data),
    bias: biasOf(bias, to.channels),
    multipliers: scales.map((scale) =>
      quantizeMultiplier(effectiveScale(x.scale, scale, y.scale, { type: result.type, numerics: graph.numerics })),
    ),
    outputZeroPoint: y.stored,
    range,
  };
};

/** @returns null where the node is no quantized ADD of two tensors of one shape */
export const addLayer = (graph: Graph, node: Node): AddLayer | null => {
  const { op, inputs, outputs } = node;
  if (op !== 'ADD') return null;
  const [first, second, result] = [tensorAt(graph, inputs[0]), tensorAt(graph, inputs[1]), tensorAt(graph, outputs[0])];
  if (!isByteTensor(first) || !isByteTensor(second) || !isByteTensor(result)) return null;
  if (first.shape.join() !== second.shape.join()) return null;
  const [a, b, y] = [perTensorOf(first), perTensorOf(second), perTensorOf(result)];
  const range = rangeOf(node, result);
  if (a === null || b === null || y === null || range === null) return null;
  return {
    type: result.type,
    scales: [a.scale, b.scale, y.scale],
    zeroPoints: [a.stored, b.stored, y.stored],
    range,
  };
};

/** @returns null where the node is no quantized average pooling */
export const averageLayer = (graph: Graph, node: Node): AverageLayer | null => {
  const { op, inputs, outputs } = node;
  if (op !== 'AVERAGE_POOL_2D') return null;
  const [input, result] = [tensorAt(graph, inputs[0]), tensorAt(graph, outputs[0])];
  if (!isByteTensor(input) || !isByteTensor(result)) return null;
  const [from, to] = [planeOf(input), planeOf(result)];
  const range = rangeOf(node, result);
  if (range === null) return null;
  return {
    type: result.type,
    input: from,
    output: to,
    window: windowOf(node, from, to, { height: optionOf(node, 'filterH'), width: optionOf(node, 'filterW') }),
    range,
  };
};
