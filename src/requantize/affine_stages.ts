/**
 * x scaled, plus a constant: ADD and SUB with a constant operand. As in add_stages.ts the factors stay above the exact
 * ratio by a hair, so that ties go away from zero; BN adds the constant between the two factors, far below an LSB.
 */
import { at } from '../in_range.js';
import { activationLimit } from './division.js';
import type { Stages } from './stages.js';
import { factorMax, factorMin } from './two_factors.js';

export interface AffineNumbers {
  /** Output counts for 1 LSB of the input; below zero where the input is taken off. */
  readonly ratio: number;
  readonly inputZeroPoint: number;
  /** Output counts that are added: one for all channels, or one for each. */
  readonly constants: readonly number[];
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

/** A constant beyond this many counts saturates every output. */
const mostCounts = 1024;

interface Factors {
  readonly first: number;
  readonly scale: number;
  readonly shift: number;
  readonly error: number;
}

/** @param largest of the first factor */
export const factorsOf = (ratio: number, largest: number): Factors | null => {
  let best: Factors | null = null;
  for (let first = largest; first > largest / 2 && first >= 1; first--) {
    const exact = ratio / first;
    const shift = 14 - Math.floor(Math.log2(exact));
    const scale = Math.floor(exact * 2 ** shift * (1 + 2 ** -40)) + 1;
    if (shift < 0 || shift > 63 || scale < factorMin || scale > factorMax) continue;
    const error = scale / (exact * 2 ** shift) - 1;
    if (best === null || error < best.error) best = { first, scale, shift, error };
  }
  return best;
};

/** What these stages make of a code, if the constant is one for all channels. */
export const affineCode = ({ bs, bn, out }: Stages, code: number): number => {
  const added = typeof bn?.add === 'number' ? bn.add : 0;
  const multiply = typeof bs?.multiply === 'number' ? bs.multiply : 1;
  const start = typeof bs?.add === 'number' ? bs.add : 0;
  const sum = (code + start) * multiply + added;
  const limit = bn?.limit ?? null;
  const limited = limit === null ? sum : Math.max(0, Math.min(limit, sum));
  const scaled = (limited * out.scale) / 2 ** out.shift;
  const rounded = Math.round(scaled);
  const even = Math.abs(scaled % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
  return Math.max(-128, Math.min(127, even + out.offset));
};

/** @returns null where no two factors are near enough for half an LSB */
export const affineStages = (numbers: AffineNumbers): Stages | null => {
  const ratio = Math.abs(numbers.ratio);
  // Constants must stay inside an int32 at the first factor's grid.
  const factors = factorsOf(ratio, Math.min(factorMax, Math.floor((2 ** 30 * ratio) / mostCounts)));
  if (factors === null || factors.error * 512 > 0.5) return null;
  const { first, scale, shift } = factors;
  const unit = 2 ** shift / scale;
  const added = numbers.constants.map((counts) =>
    Math.round(Math.max(-mostCounts, Math.min(mostCounts, counts)) * unit),
  );
  const unlimited = activationLimit({ ...numbers, multipliers: [], bias: new Int32Array(), dead: [] }, 0);
  const limit = unlimited === null || unlimited === Infinity ? unlimited : Math.round((unlimited * 2 ** shift) / scale);
  return {
    bs: { add: -numbers.inputZeroPoint, multiply: Math.sign(numbers.ratio) * first, shift: 0, limit: null },
    bn: { add: added.length === 1 ? at(added, 0) : Int32Array.from(added), multiply: null, shift: 0, limit },
    ew: null,
    out: { scale, shift, offset: numbers.outputZeroPoint, ties: 'even' },
    mismatch: Math.min(1, 128 * factors.error + 1 / (2 * unit)),
    facts: limit === null ? [] : ['relux_limit_position'],
  };
};
