/** A convolution as Mesa's driver sees it: its names for sizes (which depend on defect k1), and integers as they are stored. */
import { optionOf } from '../../graph/options.js';
import { planeOf } from '../../graph/tensor.js';
import { at } from '../../in_range.js';
import { type Graph, type Node, type Tensor, tensorAt } from '../../graph/graph.js';
import { activation, padding } from '../../tflite/operators.js';
import type { Fixes } from './defects.js';

export interface Side {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly scale: number;
  /** As registers have it: a byte. */
  readonly zeroPoint: number;
  /** As the model has it; biases are folded with it. */
  readonly plainZeroPoint: number;
  /** What codes are XORed with between host and device besides 0x80: 0x80 for int8 where k2 is set right. */
  readonly sign: number;
}

/** An ADD that is fused into the convolution that makes its first operand. */
export interface Addition {
  readonly operandScale: number;
  readonly operandZeroPoint: number;
}

export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface MesaOperation {
  readonly depthwise: boolean;
  /** By Teflon, from the plane as it is. */
  readonly padding: Padding;
  readonly strideX: number;
  readonly strideY: number;
  readonly input: Side;
  /** With an addition: the sum's. */
  readonly output: Side;
  readonly kernel: Omit<Side, 'channels'>;
  /** Bytes of the filter, in TFLite's order; read as unsigned. */
  readonly weights: Uint8Array;
  readonly bias: Int32Array;
  readonly relu: boolean;
  readonly addition: Addition | null;
  /** It makes or takes an operand of an ADD. */
  readonly inAddition: boolean;
}

export const alignTo = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Mesa reads zeros where a tensor has none. */
const firstOf = (values: readonly number[]): number => (values.length === 0 ? 0 : at(values, 0));

const sideOf = ({ shape, quantization, type }: Tensor, fixes: Fixes): Side => {
  const [rows, columns, channels] = planeOf({ shape: shape.slice(-3) });
  const [width, height] = fixes.has('k1') ? [columns, rows] : [rows, columns];
  const sign = type === 'int8' && fixes.has('k2') ? 0x80 : 0;
  const plainZeroPoint = firstOf(quantization?.zeroPoints ?? []) + sign;
  return {
    width,
    height,
    channels,
    scale: firstOf(quantization?.scales ?? []),
    zeroPoint: plainZeroPoint & 0xff,
    plainZeroPoint,
    sign,
  };
};

const int32s = (data: Uint8Array): Int32Array => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Int32Array.from({ length: data.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
};

const sameValues = (values: readonly number[]): boolean => values.every((value) => value === values[0]);

/** What Mesa asks of a tensor: one scale and zero-point, or arrays whose entries are all equal. */
const isPerTensor = ({ quantization }: Tensor): boolean =>
  quantization === null || (sameValues(quantization.scales) && sameValues(quantization.zeroPoints));

/** ReLU6 is left to saturation, and only where the range of the codes ends at 6. */
const reluFits = (node: Node, { quantization, type }: Tensor): boolean => {
  if (node.params['activation'] !== activation.relu6) return true;
  const top = type === 'int8' ? 127 : 255;
  const { scales = [], zeroPoints = [] } = quantization ?? {};
  return scales.every((scale, i) => Math.fround((top - (i < zeroPoints.length ? at(zeroPoints, i) : 0)) * scale) <= 6);
};

const paddingOf = (node: Node, input: Tensor, filter: Tensor): Padding => {
  const along = (axis: number, stride: number): readonly [number, number] => {
    const [length, kernel] = [at(input.shape, axis), at(filter.shape, axis)];
    const missing = Math.max(0, (Math.ceil(length / stride) - 1) * stride + kernel - length);
    return [Math.floor(missing / 2), Math.ceil(missing / 2)];
  };
  if (node.params['padding'] !== padding.same) return { top: 0, bottom: 0, left: 0, right: 0 };
  const [top, bottom] = along(1, optionOf(node, 'strideH', 1));
  const [left, right] = along(2, optionOf(node, 'strideW', 1));
  return { top, bottom, left, right };
};

/** @returns null where Mesa leaves the node to the CPU, or would read what is not there */
export const mesaOperation = (graph: Graph, node: Node, fixes: Fixes): MesaOperation | null => {
  if (node.op !== 'CONV_2D' && node.op !== 'DEPTHWISE_CONV_2D') return null;
  const [input, filter, bias] = [0, 1, 2].map((position) => tensorAt(graph, node.inputs[position]));
  const output = tensorAt(graph, node.outputs[0]);
  if (!input || !output || !filter?.data || !bias?.data) return null;
  if (input.shape.length !== 4 || filter.shape.length !== 4) return null;
  if (![input, filter, bias, output].every(isPerTensor) || !reluFits(node, output)) return null;
  const [strideW, strideH] = [optionOf(node, 'strideW', 1), optionOf(node, 'strideH', 1)];
  if (optionOf(node, 'dilationW', 1) !== 1 || optionOf(node, 'dilationH', 1) !== 1) return null;
  const [from, to] = [sideOf(input, fixes), sideOf(output, fixes)];
  const kernel = sideOf({ ...filter, shape: [...filter.shape.slice(1, 3), 1] }, fixes);
  return {
    depthwise: node.op === 'DEPTHWISE_CONV_2D' && from.channels > 1 && to.channels > 1,
    padding: paddingOf(node, input, filter),
    strideX: strideW,
    strideY: fixes.has('k3') ? strideH : strideW,
    input: from,
    output: to,
    kernel,
    weights: kernel.sign === 0 ? filter.data : filter.data.map((byte) => byte ^ kernel.sign),
    bias: int32s(bias.data),
    relu: node.params['activation'] === activation.relu || node.params['activation'] === activation.relu6,
    addition: null,
    inAddition: false,
  };
};

/** `operation` with the ADD that takes its result first and another tensor second. */
export const withAddition = (graph: Graph, operation: MesaOperation, add: Node, fixes: Fixes): MesaOperation | null => {
  const [operand, output] = [tensorAt(graph, add.inputs[1]), tensorAt(graph, add.outputs[0])];
  if (operand === null || output === null) return null;
  const { scale, plainZeroPoint } = sideOf(operand, fixes);
  return {
    ...operation,
    output: sideOf(output, fixes),
    addition: { operandScale: scale, operandZeroPoint: plainZeroPoint },
    inAddition: true,
  };
};

/** Bytes of a pixel without an atom: one channel of a picture, read as it stands. */
export const readsPixels = ({ input, output, inAddition }: MesaOperation): boolean =>
  input.channels === 1 && (output.channels > 1 || inAddition);

/** Channels that the registers count for the real ones. */
export const countedChannels = ({
  depthwise,
  input,
  output,
}: MesaOperation): { readonly input: number; readonly output: number } => {
  const written = alignTo(Math.max(output.channels, 32), 32);
  return {
    input: alignTo(Math.max(input.channels, 16), 16),
    output: depthwise ? alignTo(output.channels <= 32 ? 2 * written : written, 64) : written,
  };
};
