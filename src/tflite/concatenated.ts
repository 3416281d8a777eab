/** What TFLite's CONCATENATION of uint8 tensors makes of a code whose tensor has another scale: float32, rounded half away from zero. */
import type { PerTensor } from '../graph/tensor.js';
import { type CodeMap, clamped } from './activation_tables.js';
import { halfAwayFromZero } from './multiplier.js';

const { fround } = Math;

/** Source: ConcatenationWithScaling (reference/concatenation.h). Codes as TFLite stores them. */
export const concatenatedCode = (from: PerTensor, to: PerTensor): CodeMap => {
  if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return (code) => code;
  const scale = fround(from.scale * fround(1 / to.scale));
  const bias = fround(-from.stored * scale);
  return (code) => clamped(halfAwayFromZero(fround(fround(code * scale) + bias)) + to.stored, 'uint8');
};
