/**
 * The last step on TFLite's grid: OUT_CVT's division by 2^exponent, half away from zero, or one rounding in its place; and
 * the clamp before it. What a convolution's numbers are, for all that make stages of them.
 */
import { addTo } from '../tally.js';
import { multiplyByQuantizedMultiplier, multiplyRoundedOnce, type QuantizedMultiplier } from '../tflite/multiplier.js';
import { powerOfTwo } from './powers.js';
import { remembered } from './remembered.js';
import type { OutputStage } from './stages.js';

/** Everything that the numbers of a convolution's output depend on, in the NPU's codes. */
export interface ConvNumbers {
  /** How often TFLite rounds between a sum and the output; absent: twice. */
  readonly rounding?: 'once' | 'twice';
  /** One, or one for each output channel. */
  readonly multipliers: readonly QuantizedMultiplier[];
  /** Bias with the input's zero-point folded in: what BS adds to the accumulator. One for each output channel. */
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

/** Counts from the zero-point that outputs have on average (assumed): near ones are many, far ones few. */
export const typicalDistance = 40;

interface Likely {
  /** Counts from the zero-point, and the share of the outputs that have this distance. */
  readonly counts: number;
  readonly share: number;
}

const outputsBetween = remembered((low: number, high: number, zero: number): readonly Likely[] => {
  const weights = Array.from({ length: high - low + 1 }, (_, i) =>
    Math.exp(-Math.abs(low + i - zero) / typicalDistance),
  );
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, i) => ({ counts: low + i - zero, share: weight / all }));
});

/** The outputs inside the range. */
const likelyOutputs = ({
  range: [low, high],
  outputZeroPoint,
}: Pick<ConvNumbers, 'range' | 'outputZeroPoint'>): readonly Likely[] => outputsBetween(low, high, outputZeroPoint);

/** Share of outputs that a division by 2^exponent takes over a tie that they stand below. */
const divisionMismatch = (exponent: number, outputs: readonly Likely[]): number =>
  // |y| * 2^-14 counts of displacement cross a tie's neighbours when it reaches a grid step.
  outputs.reduce(
    (sum, { counts, share }) =>
      sum + share * Math.min(1, Math.floor(Math.abs(counts) * 2 ** (exponent - 14)) * 2 ** -exponent),
    0,
  );

/** The output without a division: what stands before it is in counts. */
export const undivided = ({ outputZeroPoint: offset }: ConvNumbers): OutputStage => ({
  scale: 1,
  shift: 0,
  offset,
  ties: 'even',
});

/** Share of outputs that the division makes other ones. @param exponents of the values: one, or one for each channel */
export const dividedMismatch = (exponents: readonly number[], numbers: ConvNumbers): number => {
  const outputs = likelyOutputs(numbers);
  const counts = new Map<number, number>();
  for (const e of exponents) addTo(counts, e, 1);
  let mismatch = 0;
  for (const [e, count] of counts) mismatch += (divisionMismatch(e, outputs) * count) / exponents.length;
  return mismatch;
};

/** Division by 2^exponent, then the zero-point. @param exponents of the values: one, or one for each channel */
export const divide = (
  exponent: number,
  exponents: readonly number[],
  numbers: ConvNumbers,
): { readonly out: OutputStage; readonly mismatch: number } => {
  if (exponent === 0) return { out: undivided(numbers), mismatch: 0 };
  const out = { scale: awayFromZero, shift: 14 + exponent, offset: numbers.outputZeroPoint, ties: 'even' } as const;
  return { out, mismatch: dividedMismatch(exponents, numbers) };
};

/** Without its bias, where nobody knows the reach: sums of one product, as those of MUL by a constant, stay far below. */
const largestSum = 2 ** 29;

/** Whether no accumulator and bias together reach a limit. */
export const staysBelow = ({ bias, reach }: ConvNumbers, limit: number): boolean =>
  reach === undefined
    ? bias.every((value) => Math.abs(value) < limit - largestSum)
    : reach.every((value) => value < limit);

/** Share of outputs below the zero-point, of those that are not on it. */
export const shareBelow = (numbers: ConvNumbers): number => {
  const outputs = likelyOutputs(numbers);
  const sum = (wanted: (counts: number) => boolean): number =>
    outputs.reduce((total, { counts, share }) => total + (wanted(counts) ? share : 0), 0);
  const below = sum((counts) => counts < 0);
  return below === 0 ? 0 : below / (below + sum((counts) => counts > 0));
};

/**
 * TFLite's two roundings of x = sum * 2^-exponent as one: from the zero-point up they are floor(x + 1/2 + d) with
 * d = 2^-(exponent + 1), below it floor(x + 1/2 - d). What BN adds before it rounds x, which has `shift` bits below the
 * point: d for the side with more codes, and one bit of the product more, so that ties go up on both sides.
 */
export const oneRounding = (exponent: number, shift: number, below: number): number =>
  (exponent > 0 ? (below < 0.5 ? 1 : -1) * Math.floor(powerOfTwo(shift - exponent - 1)) : 0) + (shift > 0 ? 1 : 0);

/** Share of values that are on the other side of the zero-point than the one that one rounding is right on, and differ. */
export const oneRoundingMismatch = (exponent: number, below: number): number =>
  exponent > 0 ? powerOfTwo(-exponent) * Math.min(below, 1 - below) : 0;

/** What TFLite makes of a sum, less the zero-point. */
export const scaledSum = (
  { rounding }: Pick<ConvNumbers, 'rounding'>,
  sum: number,
  multiplier: QuantizedMultiplier,
): number =>
  rounding === 'once' ? multiplyRoundedOnce(sum, multiplier) : multiplyByQuantizedMultiplier(sum, multiplier);

/** Mean distance from the zero-point: a relative error times it is a share of values. */
export const meanMagnitude = (numbers: ConvNumbers): number =>
  likelyOutputs(numbers).reduce((sum, { counts, share }) => sum + share * Math.abs(counts), 0);

/** [0, limit] on the grid before OUT_CVT, when the activation clamps inside the codes' range; null if saturation does it. */
export const activationLimit = (numbers: ConvNumbers, exponent: number): number | null => {
  const [low, high] = numbers.range;
  if (low === codeMin && high === codeMax) return null;
  if (high === codeMax) return Infinity;
  return Math.min(2 ** 31 - 1, (high - numbers.outputZeroPoint) * 2 ** exponent);
};
