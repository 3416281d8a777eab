/**
 * The last step on TFLite's grid: OUT_CVT's division by 2^exponent, half away from zero, and the clamp before it. What a
 * convolution's numbers are, for all that make stages of them.
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

/**
 * Share of values that a division by 2^exponent gets wrong, for outputs spread evenly over the codes.
 * Away: |y| * 2^-14 counts of displacement cross a tie's neighbours when it reaches a grid step.
 * Up: exact ties below the zero point go the wrong way.
 */
const divisionMismatch = (exponent: number, outputs: readonly [number, number]): { away: number; up: number } => {
  const [low, high] = outputs;
  const step = 2 ** -exponent;
  const wrong = (magnitude: number): number => Math.floor(magnitude * 2 ** (exponent - 14)) * step;
  let away = 0;
  for (let y = low; y <= high; y++) away += Math.min(1, wrong(Math.abs(y)));
  const span = Math.max(1, high - low);
  return { away: away / span, up: low >= 0 ? 0 : (step * Math.min(span, -low)) / span };
};

/** Division by 2^exponent (values above the zero point and below it), then the zero point. */
export const divide = (
  exponent: number,
  exponents: readonly number[],
  numbers: ConvNumbers,
): { readonly out: OutputStage; readonly mismatch: number } => {
  const zero = numbers.outputZeroPoint;
  if (exponent === 0) return { out: { scale: 1, shift: 0, offset: zero, ties: 'even' }, mismatch: 0 };
  const outputs = [numbers.range[0] - zero, numbers.range[1] - zero] as const;
  let away = 0;
  let up = 0;
  const counts = new Map<number, number>();
  for (const e of exponents) counts.set(e, (counts.get(e) ?? 0) + 1);
  for (const [e, count] of counts) {
    const share = divisionMismatch(e, outputs);
    away += (share.away * count) / exponents.length;
    up += (share.up * count) / exponents.length;
  }
  return away <= up
    ? { out: { scale: awayFromZero, shift: 14 + exponent, offset: zero, ties: 'even' }, mismatch: away }
    : { out: { scale: 1, shift: exponent, offset: zero, ties: 'up' }, mismatch: up };
};

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
