/** Layers as the reference computes them: numbers of a node and its tensors, in the tensors' own codes. */
import type { Graph, Node, Tensor } from '../../graph/graph.js';
import { padding } from '../../tflite/operators.js';
import {
  activationRange,
  effectiveScale,
  type QuantizedMultiplier,
  quantizeMultiplier,
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

export const planeOf = ({ shape }: Tensor): Plane => ({
  height: shape.at(-3) ?? 1,
  width: shape.at(-2) ?? 1,
  channels: shape.at(-1) ?? 1,
});

export const isByte = (tensor: Tensor | undefined): tensor is Tensor & { readonly type: ByteType } =>
  tensor?.type === 'int8' || tensor?.type === 'uint8';

const scaleOf = (tensor: Tensor): number => tensor.quantization?.scales[0] ?? 0;
const zeroPointOf = (tensor: Tensor): number => tensor.quantization?.zeroPoints[0] ?? 0;

/** TFLite puts the smaller half of SAME padding in front. */
const before = (mode: number, input: number, kernel: number, stride: number, output: number): number =>
  mode === padding.same ? Math.max(0, (output - 1) * stride + kernel - input) >> 1 : 0;

const windowOf = (
  params: Node['params'],
  input: Plane,
  output: Plane,
  { height, width }: { readonly height: number; readonly width: number },
): Window => {
  const { padding: mode = padding.valid, strideH = 1, strideW = 1, dilationH = 1, dilationW = 1 } = params;
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
const centred = (tensor: Tensor & { readonly type: ByteType }): Int16Array => {
  const data = tensor.data ?? new Uint8Array();
  const zero = zeroPointOf(tensor);
  return tensor.type === 'int8'
    ? Int16Array.from(new Int8Array(data.buffer, data.byteOffset, data.length), (w) => w - zero)
    : Int16Array.from(data, (w) => w - zero);
};

const biasOf = (tensor: Tensor | undefined, channels: number): Int32Array => {
  const bias = new Int32Array(channels);
  const data = tensor?.data ?? null;
  if (data === null) return bias;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let c = 0; c < channels; c++) bias[c] = view.getInt32(4 * c, true);
  return bias;
};

/** @returns null where the node is no quantized convolution of one picture with constant weights */
export const convolutionLayer = (
  { tensors, numerics }: Graph,
  { op, inputs, outputs, params }: Node,
): ConvolutionLayer | null => {
  if (op !== 'CONV_2D' && op !== 'DEPTHWISE_CONV_2D') return null;
  const [input, filter, bias] = inputs.map((index) => tensors.get(index));
  const result = tensors.get(outputs[0] ?? -1);
  if (!isByte(input) || !isByte(filter) || !isByte(result) || filter.data === null) return null;
  const [from, to] = [planeOf(input), planeOf(result)];
  const scales = filter.quantization?.scales ?? [];
  const range = activationRange(params['activation'] ?? 0, scaleOf(result), zeroPointOf(result), result.type);
  if (input.shape[0] !== 1 || filter.shape.length !== 4 || scales.length === 0 || range === null) return null;
  return {
    depthwise: op === 'DEPTHWISE_CONV_2D',
    type: result.type,
    input: from,
    output: to,
    window: windowOf(params, from, to, { height: filter.shape[1] ?? 0, width: filter.shape[2] ?? 0 }),
    inputZeroPoint: zeroPointOf(input),
    weights: centred(filter),
    bias: biasOf(bias, to.channels),
    multipliers: scales.map((scale) =>
      quantizeMultiplier(effectiveScale(scaleOf(input), scale, scaleOf(result), { type: result.type, numerics })),
    ),
    outputZeroPoint: zeroPointOf(result),
    range,
  };
};

/** @returns null where the node is no quantized ADD of two tensors of one shape */
export const addLayer = ({ tensors }: Graph, { op, inputs, outputs, params }: Node): AddLayer | null => {
  if (op !== 'ADD') return null;
  const [first, second] = inputs.map((index) => tensors.get(index));
  const result = tensors.get(outputs[0] ?? -1);
  if (!isByte(first) || !isByte(second) || !isByte(result)) return null;
  if (first.shape.join() !== second.shape.join()) return null;
  const range = activationRange(params['activation'] ?? 0, scaleOf(result), zeroPointOf(result), result.type);
  if (range === null) return null;
  return {
    type: result.type,
    scales: [scaleOf(first), scaleOf(second), scaleOf(result)],
    zeroPoints: [zeroPointOf(first), zeroPointOf(second), zeroPointOf(result)],
    range,
  };
};

/** @returns null where the node is no quantized average pooling */
export const averageLayer = ({ tensors }: Graph, { op, inputs, outputs, params }: Node): AverageLayer | null => {
  if (op !== 'AVERAGE_POOL_2D') return null;
  const input = tensors.get(inputs[0] ?? -1);
  const result = tensors.get(outputs[0] ?? -1);
  if (!isByte(input) || !isByte(result)) return null;
  const [from, to] = [planeOf(input), planeOf(result)];
  const range = activationRange(params['activation'] ?? 0, scaleOf(result), zeroPointOf(result), result.type);
  if (range === null) return null;
  const { filterH = 0, filterW = 0 } = params;
  return {
    type: result.type,
    input: from,
    output: to,
    window: windowOf(params, from, to, { height: filterH, width: filterW }),
    range,
  };
};
