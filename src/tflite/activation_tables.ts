/**
 * What TFLite's kernels give for each code of one tensor, exactly: tables that TFLite fills with float32 arithmetic
 * (`LUTPopulate`), and the fixed-point kernels of HARD_SWISH, LEAKY_RELU, PRELU and ABS. Codes are the tensors' own.
 */
import {
  halfAwayFromZero,
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  type QuantizedMultiplier,
  typeRange,
} from './multiplier.js';
import { type Numerics, scaleKeeper } from '../graph/numerics.js';

/** The tensors before and after, as TFLite stores them: float32 scales, zero-points in their own codes. */
export interface TableNumbers {
  readonly type: 'int8' | 'uint8';
  readonly inputScale: number;
  readonly inputZeroPoint: number;
  readonly outputScale: number;
  readonly outputZeroPoint: number;
  readonly numerics: Numerics;
}

/** NaN where TFLite's kernel leaves what C defines: a sum beyond int32, a float that no int32 holds, no number at all. */
export type CodeMap = (code: number) => number;

const { fround } = Math;

/** To the limits of the type, where an int32 holds the value. */
export const clamped = (value: number, type: TableNumbers['type']): number => {
  const [low, high] = typeRange(type);
  if (!(Math.abs(value) < 2 ** 31)) return NaN;
  return Math.max(low, Math.min(high, value));
};

/** `multiplyByQuantizedMultiplier` where TFLite's shift to the left keeps an int32. */
export const multiplied = (value: number, multiplier: QuantizedMultiplier): number =>
  Math.abs(value) * 2 ** Math.max(multiplier.shift, 0) < 2 ** 31 && !Number.isNaN(multiplier.mantissa)
    ? multiplyByQuantizedMultiplier(value, multiplier)
    : NaN;

/** Whether TFLite's kernel has a result for each code. */
export const isDefined = (map: CodeMap, type: TableNumbers['type']): boolean => {
  const [low] = typeRange(type);
  return Array.from({ length: 256 }, (_, i) => map(low + i)).every(Number.isInteger);
};

/** @param transform of a float32 number to one, computed more exactly than float32 and rounded once */
export const floatTable = (numbers: TableNumbers, transform: (x: number) => number): CodeMap => {
  const { type, inputScale, inputZeroPoint, outputScale, outputZeroPoint } = numbers;
  const inverse = fround(1 / outputScale);
  return (code) => {
    const x = fround(inputScale * (code - inputZeroPoint));
    const rescaled = halfAwayFromZero(fround(fround(transform(x)) * inverse));
    return clamped(Math.trunc(fround(rescaled + outputZeroPoint)), type);
  };
};

/** 1 / (1 + e^-x), each step rounded to float32 as TFLite does. */
export const logistic = (x: number): number => fround(1 / fround(1 + fround(Math.exp(-x))));

const int16 = { min: -(2 ** 15), max: 2 ** 15 - 1 } as const;
const saturate16 = (value: number): number => Math.max(int16.min, Math.min(int16.max, value));

/** High half of 2 * a * b, half away from zero. */
const roundingHighMul = (a: number, b: number): number =>
  a === b && a === int16.min ? int16.max : Math.trunc((a * b + (a * b >= 0 ? 2 ** 14 : 1 - 2 ** 14)) / 2 ** 15);

/** The same without rounding, towards zero. */
const highMul = (a: number, b: number): number =>
  a === b && a === int16.min ? int16.max : Math.trunc((a * b) / 2 ** 15);

/** Half away from zero. */
const divideByPowerOfTwo = (value: number, exponent: number): number => halfAwayFromZero(value / 2 ** exponent);

const multiplier16 = (multiplier: number): { readonly mantissa: number; readonly shift: number } => {
  const { mantissa, shift } = quantizeMultiplier(multiplier);
  return {
    mantissa: mantissa >= 2 ** 31 - 1 - 2 ** 15 ? int16.max : Math.floor((mantissa + 2 ** 15) / 2 ** 16),
    shift,
  };
};

/** Bits by which HARD_SWISH lifts its input above the input's scale. */
const hiresBits = 7;

const hardSwishMultipliers = ({ inputScale, outputScale }: TableNumbers) => {
  const hires = fround(fround(1 / 128) * inputScale);
  return {
    output: multiplier16(fround(hires / outputScale)),
    reluish: multiplier16(fround(hires / fround(3 / 32768))),
  };
};

/** TFLite refuses an output scale so small that its kernel would have to shift left. */
export const hardSwishFits = (numbers: TableNumbers): boolean => hardSwishMultipliers(numbers).output.shift <= 0;

/** x * relu6(x + 3) / 6 in TFLite's 16-bit arithmetic. */
export const hardSwishTable = (numbers: TableNumbers): CodeMap => {
  const { output, reluish } = hardSwishMultipliers(numbers);
  // TFLite divides int16 by powers of two to 2^15.
  if (Number.isNaN(output.mantissa) || output.shift < -15 || !(Math.abs(reluish.shift) <= 15)) return () => NaN;
  return (code) => {
    const input = (code - numbers.inputZeroPoint) * 2 ** hiresBits;
    const scaled = roundingHighMul(input, output.mantissa);
    let gate = input;
    if (reluish.shift > 0) gate = saturate16(gate * 2 ** (reluish.shift - 1));
    gate = roundingHighMul(gate, reluish.mantissa);
    if (reluish.shift > 0) gate = saturate16(gate * 2);
    if (reluish.shift < 0) gate = divideByPowerOfTwo(gate, -reluish.shift);
    gate = Math.floor((gate + 2 ** 15) / 2);
    const value = divideByPowerOfTwo(highMul(gate, scaled), -output.shift);
    return clamped(value + numbers.outputZeroPoint, numbers.type);
  };
};

/** (x - zero-point) by one multiplier from the zero-point up, by another below it. */
const twoSided = (
  { type, inputZeroPoint, outputZeroPoint }: TableNumbers,
  above: QuantizedMultiplier,
  below: QuantizedMultiplier,
  factor = 1,
): CodeMap => {
  return (code) => {
    const x = code - inputZeroPoint;
    const scaled = x >= 0 ? multiplied(x, above) : multiplied(x * factor, below);
    return clamped(outputZeroPoint + scaled, type);
  };
};

/** x, or alpha * x below zero. */
export const leakyReluTable = (numbers: TableNumbers, alpha: number): CodeMap => {
  const { above, below } = preluMultipliers(numbers, fround(alpha));
  return twoSided(numbers, above, below);
};

/** The two multipliers of PRELU: from zero up, and of the product with alpha's codes below. */
export const preluMultipliers = (
  { inputScale, outputScale, numerics }: Pick<TableNumbers, 'inputScale' | 'outputScale' | 'numerics'>,
  alphaScale: number,
): { readonly above: QuantizedMultiplier; readonly below: QuantizedMultiplier } => {
  const kept = scaleKeeper(numerics);
  return {
    above: quantizeMultiplier(kept(inputScale / outputScale)),
    below: quantizeMultiplier(kept(kept(inputScale * alphaScale) / outputScale)),
  };
};

/** PRELU with one alpha for all values. @param alpha its code less its zero-point */
export const preluTable = (numbers: TableNumbers, alphaScale: number, alpha: number): CodeMap => {
  const { above, below } = preluMultipliers(numbers, alphaScale);
  return twoSided(numbers, above, below, alpha);
};

/** TFLite does not multiply where both scales are the same: as by 1. */
export const absMultiplier = ({ inputScale, outputScale, numerics }: TableNumbers): QuantizedMultiplier =>
  quantizeMultiplier(inputScale === outputScale ? 1 : scaleKeeper(numerics)(inputScale / outputScale));

/** |x| */
export const absTable = (numbers: TableNumbers): CodeMap => {
  const { type, inputZeroPoint, outputZeroPoint } = numbers;
  const multiplier = absMultiplier(numbers);
  return (code) => clamped(multiplied(Math.abs(code - inputZeroPoint), multiplier) + outputZeroPoint, type);
};
