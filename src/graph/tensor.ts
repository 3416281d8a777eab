/** What the compiler asks of one tensor: its shape as a plane, its type and quantization as the NPU sees them. */
import type { Tensor } from './graph.js';

/** A scalar has no dimensions. */
export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? '()' : shape.join('x'));

export interface ByteTensor extends Tensor {
  readonly type: 'int8' | 'uint8';
}

export const isByteTensor = (tensor: Tensor | null): tensor is ByteTensor =>
  tensor !== null && (tensor.type === 'int8' || tensor.type === 'uint8');

export interface PerTensor {
  readonly scale: number;
  /** As the NPU's signed code. */
  readonly zeroPoint: number;
  /** The zero-point as the tensor stores it: a code of its type. */
  readonly stored: number;
}

/** @returns null unless there is one finite scale > 0 and one zero-point inside the type */
export const perTensorOf = ({ type, quantization }: Tensor): PerTensor | null => {
  const [scale, ...scales] = quantization?.scales ?? [];
  const [stored] = quantization?.zeroPoints ?? [];
  const low = type === 'int8' ? -128 : 0;
  if (scale === undefined || stored === undefined || scales.length > 0) return null;
  if (!(scale > 0) || !Number.isFinite(scale) || stored < low || stored > low + 255) return null;
  return { scale, zeroPoint: signedCode(stored, type), stored };
};

export const hasPerTensorQuantization = (tensor: Tensor): boolean => perTensorOf(tensor) !== null;

/** Scale and zero-point of a tensor that is known to be quantized per tensor, the zero-point as the NPU's signed code. */
export const quantizationOf = (tensor: Tensor): { readonly scale: number; readonly zeroPoint: number } => ({
  scale: tensor.quantization?.scales[0] ?? 1,
  zeroPoint: signedCode(tensor.quantization?.zeroPoints[0] ?? 0, tensor.type),
});

/** The NPU works on signed bytes: a uint8 code less 128. */
export const signedCode = (code: number, type: Tensor['type']): number => (type === 'uint8' ? code - 128 : code);

/** Rows (all dimensions but the last two), width, channels. */
export const planeOf = (tensor: Pick<Tensor, 'shape'> | null): readonly [number, number, number] => {
  const shape = tensor?.shape ?? [];
  return [shape.slice(0, -2).reduce((product, dim) => product * dim, 1), shape.at(-2) ?? 1, shape.at(-1) ?? 1];
};

/** Every dimension known and positive. */
export const isStatic = (tensor: Tensor): boolean => tensor.shape.every((dim) => Number.isInteger(dim) && dim > 0);
