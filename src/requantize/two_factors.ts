/** Products of two 15-bit factors: the DPU multiplies by int16 operands, TFLite by 31-bit mantissas. */

import { remembered } from './remembered.js';

/** Smallest and largest useful factor: 15 significant bits, positive in an int16 field. */
export const factorMin = 2 ** 14;
export const factorMax = 2 ** 15 - 1;

export interface Factors {
  readonly first: number;
  readonly second: number;
  /** first * second / 2^shift is the mantissa as a number in [1/2, 1]. */
  readonly shift: number;
  /** Relative. */
  readonly error: number;
}

const searchMantissa = (mantissa: number): Factors => {
  let best: Factors = { first: factorMin, second: factorMin, shift: 29, error: Infinity };
  let bestError = Infinity;
  for (const shift of [30, 29]) {
    const target = mantissa / 2 ** (31 - shift);
    const unit = 2 ** (30 - shift);
    for (let first = Math.ceil(Math.sqrt(target)); first <= factorMax; first++) {
      // Nearly all are out by more than a rounding of this look.
      const exact = target / first;
      if (exact < factorMin - 2) break;
      if ((Math.abs(exact - Math.floor(exact + 0.5)) - 2 ** -20) * first * unit > bestError) continue;
      const second = Math.ceil(exact);
      if (second < factorMin) break;
      for (const candidate of [second, second - 1]) {
        if (candidate < factorMin || candidate > factorMax) continue;
        const error = Math.abs(first * candidate - target) * unit;
        if (error < bestError) {
          best = { first, second: candidate, shift, error: (2 * error) / mantissa };
          bestError = error;
        }
      }
      if (bestError === 0) return best;
    }
  }
  return best;
};

/**
 * Two factors in [2^14, 2^15) whose product, shifted, is nearest to `mantissa` / 2^31, mantissa in [2^30, 2^31]. Of equally
 * near products the larger one: it moves ties away from zero, where TFLite rounds them for values above the zero-point.
 * A mantissa near 1 has few pairs with a product near 2^30, but many near 2^29; near 1/2 it is the other way round.
 */
export const factorMantissa = remembered(searchMantissa);
