/**
 * The mean of n codes as TFLite's pools round it: int8 half away from zero, uint8 half up, always on the codes themselves.
 * BS multiplies the sum by one factor, OUT_CVT by another, and rounds once; the product of both must meet 1/n so closely
 * that no sum changes sides of a tie. Every value is equal, by that calculation.
 */
import { remembered } from './remembered.js';
import { factorMax, factorMin } from './two_factors.js';
import type { Stages } from './stages.js';

/** Exact ties: away from zero, or up. */
export type Ties = 'away' | 'up';

const largestCode = 128;

interface Pair {
  readonly first: number;
  readonly second: number;
  readonly shift: number;
}

/**
 * first * second / 2^shift = (1 + e) / n, e in (0, limit): a tie moves away from zero by e, and the sum next to one, at
 * least 1/2n away, stays on its side.
 */
const pairFor = remembered((count: number, limit: number): Pair | null => {
  // The sum times the first factor must stay inside an int32.
  const largest = Math.min(factorMax, Math.floor((2 ** 31 - 1) / (largestCode * count)));
  for (let first = largest; first >= 4; first--) {
    const exact = 1 / (count * first);
    const shift = 14 - Math.floor(Math.log2(exact));
    const second = Math.floor(exact * 2 ** shift) + 1;
    const error = (second * first * count) / 2 ** shift - 1;
    if (second >= factorMin && second <= factorMax && error > 0 && error < limit) return { first, second, shift };
  }
  return null;
});

/** @returns null where no two factors are near enough */
export const averageStages = (count: number, ties: Ties): Stages | null => {
  // A quarter of a sum's unit lifts ties, and nothing else, over the edge; a fifth is left for the error then.
  const pair = pairFor(count, (ties === 'up' ? 0.2 : 0.4) / (count * (largestCode + 1)));
  if (pair === null) return null;
  const { first, second, shift } = pair;
  return {
    bs: { add: null, multiply: first, shift: 0, limit: null },
    bn: ties === 'up' ? { add: Math.round(first / 4), multiply: null, shift: 0, limit: null } : null,
    ew: null,
    out: { scale: second, shift, offset: 0, ties: 'even' },
    mismatch: 0,
    facts: [],
  };
};
