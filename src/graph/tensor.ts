/** What the compiler asks of one tensor: its shape as a plane, its type and quantization as the NPU sees them. */
import { at } from '../in_range.js';
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

/** The NPU works on signed bytes: a uint8 code less 128. */
export const signedCode = (code: number, type: Tensor['type']): number => (type === 'uint8' ? code - 128 : code);

/** Rows (all dimensions but the last two), width, channels; a dimension that the shape does not have is 1. */
export const planeOf = ({ shape }: Pick<Tensor, 'shape'>): readonly [number, number, number] => {
  const whole = [1, 1, ...shape];
  const rows = whole.slice(0, -2).reduce((product, dim) => product * dim, 1);
  return [rows, at(whole, whole.length - 2), at(whole, whole.length - 1)];
};

/** The last dimension. */
export const channelsOf = (tensor: Pick<Tensor, 'shape'>): number => planeOf(tensor)[2];

/** Every dimension known and positive. */
export const isStatic = (tensor: Tensor): boolean => tensor.shape.every((dim) => Number.isInteger(dim) && dim > 0);
