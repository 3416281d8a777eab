/** Products of two 15-bit factors: the DPU multiplies by int16 operands, TFLite by 31-bit mantissas. */

/** Smallest and largest useful factor: 15 significant bits, positive in an int16 field. */
export const factorMin = 2 ** 14;
export const factorMax = 2 ** 15 - 1;

export interface Factors {
  readonly first: number;
  readonly second: number;
  /** first * second / 2^shift is the mantissa as a number in [1/2, 1]. */
  readonly shift: number;
}

/**
 * Two factors in [2^14, 2^15) whose product, shifted, is nearest to `mantissa` / 2^31, mantissa in [2^30, 2^31). Of equally
 * near products the larger one: it moves ties away from zero, where TFLite rounds them for values above the zero point.
 * Just below 1 there is a gap: products end at (2^15 - 1)^2 / 2^30, and 2^14 * (2^15 - 1) is nearer from there on, then 1.
 */
export const factorMantissa = (mantissa: number): Factors => {
  const target = mantissa / 2;
  let best: Factors = { first: factorMin, second: factorMin, shift: 28 };
  let bestError = 2 ** 30 - target;
  const consider = (first: number, second: number, shift: number): void => {
    const error = Math.abs(first * second * 2 ** (30 - shift) - target);
    if (error < bestError) {
      best = { first, second, shift };
      bestError = error;
    }
  };
  consider(factorMin, factorMax, 29);
  for (let first = Math.min(factorMax, Math.ceil(Math.sqrt(target))); first <= factorMax; first++) {
    const second = Math.ceil(target / first);
    for (const candidate of [second, second - 1]) {
      if (candidate >= factorMin && candidate <= factorMax) consider(first, candidate, 30);
    }
    if (bestError === 0) break;
  }
  return best;
};
