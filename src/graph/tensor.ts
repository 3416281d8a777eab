/** What the compiler asks of one tensor: its shape as a plane, its type and quantization as the NPU sees them. */
import type { Tensor } from './graph.js';

/** A scalar has no dimensions. */
export const shapeText = (shape: readonly number[]): string => (shape.length === 0 ? '()' : shape.join('x'));

export interface ByteTensor extends Tensor {
  readonly type: 'int8' | 'uint8';
}

export const isByteTensor = (tensor: Tensor | null): tensor is ByteTensor =>
  tensor !== null && (tensor.type === 'int8' || tensor.type === 'uint8');

/** One scale > 0 and one zero point inside the type. */
export const hasPerTensorQuantization = (tensor: Tensor): boolean => {
  const { scales, zeroPoints } = tensor.quantization ?? { scales: [], zeroPoints: [] };
  const [scale, zero] = [scales[0] ?? 0, zeroPoints[0] ?? 0];
  const low = tensor.type === 'int8' ? -128 : 0;
  return scales.length === 1 && scale > 0 && Number.isFinite(scale) && zero >= low && zero <= low + 255;
};

/** Scale and zero point of a per-tensor quantized tensor, the zero point as the NPU's signed code. */
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
