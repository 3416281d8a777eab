/** Products of two 15-bit factors: the DPU multiplies by int16 operands, TFLite by 31-bit mantissas. */

/** Smallest and largest useful factor: 15 significant bits, positive in an int16 field. */
export const factorMin = 2 ** 14;
export const factorMax = 2 ** 15 - 1;

export interface Factors {
  readonly first: number;
  readonly second: number;
}

/**
 * Two factors in [2^14, 2^15) whose product is nearest to `mantissa / 2`, mantissa in [2^30, 2^31): together with a
 * shift of 30 they replace a mantissa with a shift of 31. Of equally near products the larger one: it moves ties away
 * from zero, where TFLite rounds them for values above the zero point.
 */
export const factorMantissa = (mantissa: number): Factors => {
  const target = mantissa / 2;
  let best: Factors = { first: factorMin, second: factorMin };
  let bestError = Infinity;
  for (let first = Math.ceil(Math.sqrt(target)); first <= factorMax; first++) {
    const second = Math.ceil(target / first);
    for (const candidate of [second, second - 1]) {
      if (candidate < factorMin || candidate > factorMax) continue;
      const error = Math.abs(first * candidate - target);
      if (error < bestError) {
        best = { first, second: candidate };
        bestError = error;
      }
    }
    if (bestError === 0) break;
  }
  return best;
};
