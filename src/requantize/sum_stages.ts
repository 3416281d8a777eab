/** A sum of codes, scaled and rounded once, ties away from zero: TFLite's SUM, which calculates in float32. */
import { factorsOf } from './affine_stages.js';
import type { Stages } from './stages.js';
import { factorMax } from './two_factors.js';

export interface SumNumbers {
  /** Output counts for 1 LSB of the input. */
  readonly ratio: number;
  /** Codes in one sum. */
  readonly count: number;
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
}

/** @returns null where no two factors are near enough for half an LSB */
export const sumStages = ({ ratio, count, inputZeroPoint, outputZeroPoint }: SumNumbers): Stages | null => {
  // The sum times the first factor must stay inside an int32.
  const factors = factorsOf(ratio, Math.min(factorMax, Math.floor((2 ** 31 - 1) / (256 * count))));
  if (factors === null || factors.error * 512 > 0.5) return null;
  const { first, scale, shift, error } = factors;
  return {
    bs: { add: -inputZeroPoint * count, multiply: first, shift: 0, limit: null },
    bn: null,
    ew: null,
    out: { scale, shift, offset: outputZeroPoint, ties: 'even' },
    mismatch: Math.min(1, 128 * error),
    facts: [],
  };
};
