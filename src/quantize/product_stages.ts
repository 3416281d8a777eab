/**
 * TFLite's quantized MUL of two feature maps on the DPU alone: y = zero + M * (a - za) * (b - zb). BS multiplies the first
 * operand by M's 15 highest bits, EW by the second operand and shifts to the grid on which TFLite rounds first, OUT_CVT
 * divides. The product fits an int32 before its shift.
 */
import type { QuantizedMultiplier } from './multiplier.js';
import type { Stages } from './stages.js';
import { factorMax, factorMin } from './two_factors.js';

/** The codes' zero points are the NPU's. */
export interface ProductNumbers {
  readonly multiplier: QuantizedMultiplier;
  readonly zeroPoints: readonly [number, number];
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

/** Bits of the first rounding's grid below a count: more would not fit the factor that divides. */
const mostGridBits = 24;

/** @returns null for a multiplier that is too small or too large for the fields */
export const productStages = (numbers: ProductNumbers): Stages | null => {
  const { mantissa, shift } = numbers.multiplier;
  const factor = Math.min(factorMax, Math.round(mantissa / 2 ** 16));
  const grid = Math.max(0, -shift);
  const productShift = 15 - Math.max(0, shift);
  if (factor < factorMin || grid > mostGridBits || productShift < 0) return null;
  const [low, high] = numbers.range;
  const [first, second] = numbers.zeroPoints;
  const clamps = low !== -128 || high !== 127;
  const limit = high === 127 ? Infinity : Math.min(2 ** 31 - 1, (high - numbers.outputZeroPoint) * 2 ** grid);
  return {
    technique: 'elementwise',
    bs: { add: -first, multiply: factor, shift: 0, limit: null },
    bn: null,
    ew: {
      algorithm: 'multiply',
      productShift,
      offset: -second,
      scale: 1,
      shift: 0,
      limit: clamps ? limit : null,
    },
    // A hair above 2^-grid: ties go away from zero, as TFLite's do.
    out:
      grid === 0
        ? { scale: 1, shift: 0, offset: numbers.outputZeroPoint, ties: 'even' }
        : { scale: factorMin + 1, shift: 14 + grid, offset: numbers.outputZeroPoint, ties: 'even' },
    mismatch: Math.min(1, 2 ** -grid * 2 ** -2),
    facts: ['int8_flying', 'ew_shift_rounding', ...(clamps ? ['relux_limit_position'] : [])],
  };
};
