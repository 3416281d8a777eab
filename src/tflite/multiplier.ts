/**
 * TFLite's fixed-point arithmetic, exactly. Source: TFLite's `QuantizeMultiplier`, `MultiplyByQuantizedMultiplier`
 * (two roundings, as in the reference kernels) and `CalculateActivationRangeQuantized`.
 */

import { type Numerics, scaleKeeper } from '../graph/numerics.js';

/** A real multiplier as TFLite stores it: `mantissa / 2^31 * 2^shift`, mantissa in [2^30, 2^31) or 0. */
export interface QuantizedMultiplier {
  readonly mantissa: number;
  readonly shift: number;
}

/** Rounds a tie away from zero. */
export const halfAwayFromZero = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

/** x = fraction * 2^exponent with fraction in [1/2, 1). */
const frexp = (x: number): { readonly fraction: number; readonly exponent: number } => {
  let exponent = Math.max(-1023, Math.floor(Math.log2(x)) + 1);
  let fraction = x * 2 ** -exponent;
  while (fraction < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  while (fraction >= 1) {
    fraction /= 2;
    exponent += 1;
  }
  return { fraction, exponent };
};

/** @param multiplier real multiplier, >= 0; of no number a multiplier that fits no rule and no sum */
export const quantizeMultiplier = (multiplier: number): QuantizedMultiplier => {
  if (Number.isNaN(multiplier)) return { mantissa: NaN, shift: 31 };
  if (!(multiplier > 0)) return { mantissa: 0, shift: 0 };
  const { fraction, exponent } = frexp(multiplier);
  const rounded = halfAwayFromZero(fraction * 2 ** 31);
  const mantissa = rounded === 2 ** 31 ? 2 ** 30 : rounded;
  const shift = rounded === 2 ** 31 ? exponent + 1 : exponent;
  if (shift < -31) return { mantissa: 0, shift: 0 };
  return shift > 30 ? { mantissa: 2 ** 31 - 1, shift: 30 } : { mantissa, shift };
};

/** The multiplier of a mean of `count` values: the integer of the scales' ratio, divided by the count as TFLite does it. */
export const meanMultiplier = (ratio: number, count: number): QuantizedMultiplier => {
  const { mantissa, shift } = quantizeMultiplier(ratio);
  const bits = Math.min(Math.floor(Math.log2(count)), 32, 31 + shift);
  // The mantissa may come down to one quarter: TFLite rounds it on that grid, which a normal one would make finer.
  return {
    mantissa: Number((BigInt(mantissa) << BigInt(Math.max(0, bits))) / BigInt(count)),
    shift: shift - bits,
  };
};

/** TFLite's result of scaling the int32 `value`: rounded to the mantissa's grid first, then to an integer, half away from zero. */
export const multiplyByQuantizedMultiplier = (value: number, { mantissa, shift }: QuantizedMultiplier): number => {
  const left = BigInt(Math.max(shift, 0));
  const right = Math.max(-shift, 0);
  const product = BigInt.asIntN(32, BigInt(value) << left) * BigInt(mantissa);
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  const high = Number((product + nudge) / (1n << 31n));
  return halfAwayFromZero(high / 2 ** right);
};

/** The same rounded once, half away from zero: LiteRT's FULLY_CONNECTED, in double. */
export const multiplyRoundedOnce = (value: number, { mantissa, shift }: QuantizedMultiplier): number =>
  halfAwayFromZero(value * (mantissa * 2 ** (shift - 31)));

/**
 * The multiplier of a convolution's output. uint8 kernels keep the product of the two scales as the release does
 * (`scaleKeeper`), int8 kernels as double: taking the other makes values differ.
 */
export const effectiveScale = (
  input: number,
  weight: number,
  output: number,
  { type, numerics }: { readonly type: 'int8' | 'uint8'; readonly numerics: Numerics },
): number => (type === 'uint8' ? scaleKeeper(numerics)(input * weight) : input * weight) / output;

/** Limits of the stored type, in its own codes. */
export const typeRange = (type: 'int8' | 'uint8'): readonly [number, number] =>
  type === 'int8' ? [-128, 127] : [0, 255];

/** The codes between two real limits, within the type. */
export const codesBetween = (
  [least, most]: readonly [number, number],
  scale: number,
  zeroPoint: number,
  type: 'int8' | 'uint8',
): readonly [number, number] => {
  const [low, high] = typeRange(type);
  const code = (real: number): number => zeroPoint + halfAwayFromZero(Math.fround(real / scale));
  return [
    least === -Infinity ? low : Math.max(low, code(least)),
    most === Infinity ? high : Math.min(high, code(most)),
  ];
};

const activationBounds: Readonly<Record<number, readonly [number, number]>> = {
  0: [-Infinity, Infinity],
  1: [0, Infinity],
  2: [-1, 1],
  3: [0, 6],
};

/**
 * The codes between which TFLite clamps an output with a fused activation.
 * @returns null for an activation that the compiler does not know
 */
export const activationRange = (
  activation: number,
  scale: number,
  zeroPoint: number,
  type: 'int8' | 'uint8',
): readonly [number, number] | null => {
  const bounds = activationBounds[activation];
  return bounds === undefined ? null : codesBetween(bounds, scale, zeroPoint, type);
};
