/**
 * The last step on TFLite's grid: OUT_CVT's division by 2^exponent, half away from zero, or one rounding in its place; and
 * the clamp before it. What a convolution's numbers are, for all that make stages of them.
 */
import type { QuantizedMultiplier } from './multiplier.js';
import type { OutputStage } from './stages.js';

/** Everything that the numbers of a convolution's output depend on, in the NPU's codes. */
export interface ConvNumbers {
  /** One, or one for each output channel. */
  readonly multipliers: readonly QuantizedMultiplier[];
  /** Bias with the input's zero point folded in: what BS adds to the accumulator. One for each output channel. */
  readonly bias: Int32Array;
  /** Largest absolute value of accumulator and bias together, of each output channel; absent where nobody knows. */
  readonly reach?: readonly number[];
  /** Output channels whose weights are all zero: TFLite's value is a constant. */
  readonly dead: readonly boolean[];
  readonly outputZeroPoint: number;
  /** Codes to which the output is clamped. */
  readonly range: readonly [number, number];
}

export const codeMin = -128;
export const codeMax = 127;

/** 2^14 + 1 moves exact ties away from zero, where TFLite puts them. */
const awayFromZero = 2 ** 14 + 1;

/** Share of the values spread evenly over these outputs that a division by 2^exponent takes over a tie that they stand below. */
const divisionMismatch = (exponent: number, [low, high]: readonly [number, number]): number => {
  const step = 2 ** -exponent;
  let wrong = 0;
  // |y| * 2^-14 counts of displacement cross a tie's neighbours when it reaches a grid step.
  for (let y = low; y <= high; y++) wrong += Math.min(1, Math.floor(Math.abs(y) * 2 ** (exponent - 14)) * step);
  return wrong / Math.max(1, high - low);
};

/** The output without a division: what stands before it is in counts. */
export const undivided = ({ outputZeroPoint: offset }: ConvNumbers): OutputStage => ({
  scale: 1,
  shift: 0,
  offset,
  ties: 'even',
});

/** Division by 2^exponent, then the zero point. @param exponents of the values: one, or one for each channel */
export const divide = (
  exponent: number,
  exponents: readonly number[],
  numbers: ConvNumbers,
): { readonly out: OutputStage; readonly mismatch: number } => {
  if (exponent === 0) return { out: undivided(numbers), mismatch: 0 };
  const zero = numbers.outputZeroPoint;
  const outputs = [numbers.range[0] - zero, numbers.range[1] - zero] as const;
  const counts = new Map<number, number>();
  for (const e of exponents) counts.set(e, (counts.get(e) ?? 0) + 1);
  let mismatch = 0;
  for (const [e, count] of counts) mismatch += (divisionMismatch(e, outputs) * count) / exponents.length;
  return { out: { scale: awayFromZero, shift: 14 + exponent, offset: zero, ties: 'even' }, mismatch };
};

/** A sum of as many products as a task may have, without its bias. */
const largestSum = 2 ** 29;

/** Whether no accumulator and bias together reach a limit. */
export const staysBelow = ({ bias, reach }: ConvNumbers, limit: number): boolean =>
  reach === undefined
    ? bias.every((value) => Math.abs(value) < limit - largestSum)
    : reach.every((value) => value < limit);

/** Share of the codes below the zero point. */
export const shareBelow = ({ range, outputZeroPoint: zero }: ConvNumbers): number =>
  Math.max(0, zero - range[0]) / Math.max(1, range[1] - range[0]);

/**
 * TFLite's two roundings of x = sum * 2^-exponent as one: from the zero point up they are floor(x + 1/2 + d) with
 * d = 2^-(exponent + 1), below it floor(x + 1/2 - d). What BN adds before it rounds x, which has `shift` bits below the
 * point: d for the side with more codes, and one bit of the product more, so that ties go up on both sides.
 */
export const oneRounding = (exponent: number, shift: number, below: number): number =>
  (exponent > 0 ? (below < 0.5 ? 1 : -1) * Math.floor(2 ** (shift - exponent - 1)) : 0) + (shift > 0 ? 1 : 0);

/** Share of values that are on the other side of the zero point than the one that one rounding is right on, and differ. */
export const oneRoundingMismatch = (exponent: number, below: number): number =>
  exponent > 0 ? 2 ** -exponent * Math.min(below, 1 - below) : 0;

/** Mean distance from the zero point of outputs spread evenly over the range: a relative error times it is a share of values. */
export const meanMagnitude = ({ range, outputZeroPoint: zero }: ConvNumbers): number => {
  const [low, high] = [range[0] - zero, range[1] - zero];
  return (low * Math.abs(low) * -1 + high * Math.abs(high)) / (2 * Math.max(1, high - low));
};

/** [0, limit] on the grid before OUT_CVT, when the activation clamps inside the codes' range; null if saturation does it. */
export const activationLimit = (numbers: ConvNumbers, exponent: number): number | null => {
  const [low, high] = numbers.range;
  if (low === codeMin && high === codeMax) return null;
  if (high === codeMax) return Infinity;
  return Math.min(2 ** 31 - 1, (high - numbers.outputZeroPoint) * 2 ** exponent);
};
