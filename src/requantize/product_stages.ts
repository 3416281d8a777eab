/**
 * TFLite's quantized MUL of two feature maps on the DPU alone: y = zero + M * (a - za) * (b - zb). BS multiplies the first
 * operand by M's 15 highest bits, EW by the second operand and shifts to the grid on which TFLite rounds first, OUT_CVT
 * divides. The product fits an int32 before its shift.
 *
 * Where M has no more bits than that, a power of two above all, ties of the first rounding are common. TFLite's go up, the
 * chip's away from zero: BN adds 1 to the first operand's product, far below the bits that count, so that ties go up
 * wherever the second operand is above its zero-point.
 */
import { typicalDistance } from './division.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { OutputStage, Stages } from './stages.js';
import { factorMax, factorMin } from './two_factors.js';

/** The codes' zero-points are the NPU's. */
export interface ProductNumbers {
  readonly multiplier: QuantizedMultiplier;
  readonly zeroPoints: readonly [number, number];
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

/** Bits of the first rounding's grid below an LSB: more would not fit the factor that divides. */
const mostGridBits = 24;

/** The sign of all that is not zero of an operand; null where it has both. */
const signOf = (zeroPoint: number): 1 | -1 | null => (zeroPoint === -128 ? 1 : zeroPoint === 127 ? -1 : null);

const unitBits = 2 ** 16;

const isShort = ({ mantissa }: QuantizedMultiplier): boolean => mantissa % unitBits === 0;

/** Whether the second operand must have one sign, and could if the operands changed places. */
export const wantsSwap = ({ multiplier, zeroPoints: [first, second] }: ProductNumbers): boolean =>
  isShort(multiplier) && signOf(first) !== null && signOf(second) === null;

/**
 * The division by 2^grid, ties away from zero as TFLite's: a factor a hair above 2^-grid, which takes values over a tie
 * that stand a step of the grid below it, one step for every 2^(14 - grid) counts. Or ties upwards, which is wrong below
 * the zero-point alone.
 */
const outOf = (grid: number, { outputZeroPoint: offset, range: [low, high] }: ProductNumbers): OutputStage => {
  if (grid === 0) return { scale: 1, shift: 0, offset, ties: 'even' };
  const steps = 1 / (Math.exp(2 ** (14 - grid) / typicalDistance) - 1);
  const below = (offset - low) / (high - low);
  return grid > 6 && below < steps
    ? { scale: 1, shift: grid, offset, ties: 'up' }
    : { scale: factorMin + 1, shift: 14 + grid, offset, ties: 'even' };
};

/** @returns null for a multiplier that is too small or too large for the fields */
export const productStages = (numbers: ProductNumbers): Stages | null => {
  const { mantissa, shift } = numbers.multiplier;
  const factor = Math.min(factorMax, Math.round(mantissa / unitBits));
  const grid = Math.max(0, -shift);
  const productShift = 15 - Math.max(0, shift);
  if (factor < factorMin || grid > mostGridBits || productShift < 0) return null;
  const [low, high] = numbers.range;
  const [first, second] = numbers.zeroPoints;
  const clamps = low !== -128 || high !== 127;
  const limit = high === 127 ? Infinity : Math.min(2 ** 31 - 1, (high - numbers.outputZeroPoint) * 2 ** grid);
  const sign = isShort(numbers.multiplier) && shift <= 0 ? signOf(second) : null;
  const out = outOf(grid, numbers);
  return {
    bs: { add: -first, multiply: factor, shift: 0, limit: null },
    bn: sign === null ? null : { add: sign, multiply: null, shift: 0, limit: null },
    ew: {
      algorithm: 'multiply',
      productShift,
      offset: -second,
      scale: 1,
      shift: 0,
      limit: clamps ? limit : null,
    },
    out,
    mismatch: Math.min(1, 2 ** -grid * 2 ** -2),
    facts: ['int8_flying', 'ew_shift_rounding', ...(clamps ? ['relux_limit_position'] : [])],
  };
};
