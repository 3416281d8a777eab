/**
 * x from the zero-point up by one slope, x below it by another one (LEAKY_RELU, PRELU, ABS), in one task as the vendor's
 * compiler has it: BS multiplies all x and shifts the products below zero alone, BN as PReLU multiplies those once more,
 * OUT_CVT brings both sides to counts. BS rounds where it shifts: to x itself, as in the vendor's programs; or to the grid
 * on which TFLite rounds first, so that OUT_CVT's rounding is TFLite's second one. There are 256 codes: factors are searched
 * until every one of them comes out, and none is a tie on the way. Where factors alone do not do, EW adds something far
 * below an LSB, for each channel another value.
 */
import { float64At, int8At } from '../in_range.js';
import { codeMax, codeMin } from './division.js';
import { remembered } from './remembered.js';
import type { ElementwiseStage, Stages } from './stages.js';
import { multiplyByQuantizedMultiplier, type QuantizedMultiplier } from '../tflite/multiplier.js';
import { factorMax, factorMin } from './two_factors.js';

/** TFLite's numbers, zero-points the NPU's. */
export interface SlopeNumbers {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  /** Of x from the zero-point up. */
  readonly above: QuantizedMultiplier;
  /** Of x below it, times a factor: one for all channels, or one for each. */
  readonly below: QuantizedMultiplier;
  readonly factors: readonly number[];
}

export interface SlopeForm {
  readonly stages: Stages;
  /** Codes of EW's operand, for each slope; null where nothing is added. */
  readonly addends: Int8Array | null;
}

/** BS: x * multiply, then >> `above` from zero up, >> `below` under it. From zero up so many units are an LSB. */
interface Start {
  readonly multiply: number;
  readonly above: number;
  readonly below: number;
  readonly count: number;
}

interface Out {
  readonly scale: number;
  readonly shift: number;
}

/** Both ends belong to it. */
interface Window {
  readonly low: number;
  readonly high: number;
}

/** The nearest integer, then those beside it. */
const around = (exact: number, distance: number): readonly number[] =>
  Array.from({ length: 2 * distance + 1 }, (_, i) => Math.round(exact) + (i % 2 === 0 ? 1 : -1) * Math.ceil(i / 2));

const realOf = ({ mantissa, shift }: QuantizedMultiplier): number => mantissa * 2 ** (shift - 31);

/** Output counts for 1 LSB of the input. */
interface Slopes {
  readonly above: number;
  readonly below: readonly number[];
}

const slopesOf = ({ above, below, factors }: SlopeNumbers): Slopes => ({
  above: realOf(above),
  below: factors.map((factor) => factor * realOf(below)),
});

/** Factors with which BS's shift leaves x as it is, the vendor's first; BN's factor must hold the ratio of the slopes. */
const wholeStarts = ({ above, below }: Slopes): readonly Start[] => {
  const steepest = Math.max(0, ...below.map(Math.abs));
  const shift = 14 - Math.max(0, Math.floor(Math.log2(steepest / above)));
  if (!(shift >= 9)) return [];
  return around(2 ** shift, 2 ** (shift - 9) - 1).map((multiply) => ({
    multiply,
    above: 0,
    below: shift,
    count: multiply / above,
  }));
};

/** Below zero on TFLite's grid: multiples of 2^-grid, to which it rounds before it rounds to counts. */
const gridStarts = ({ above, below }: Slopes, grid: number): readonly Start[] => {
  const [slope] = below;
  if (slope === undefined || below.length > 1) return [];
  const ratio = Math.abs(slope) * 2 ** grid;
  const shift = Math.min(31, Math.floor(Math.log2(factorMax / ratio)));
  if (!(shift >= 0)) return [];
  const factors = around(ratio * 2 ** shift, 8).filter((factor) => factor >= 1 && factor <= factorMax);
  const fine = factors.map((multiply): Start => ({ multiply, above: 0, below: shift, count: multiply / above }));
  // ABS: from zero up TFLite's grid is the same one.
  if (Math.abs(slope) !== above) return fine;
  return [...fine, ...factors.map((multiply): Start => ({ multiply, above: shift, below: shift, count: 2 ** grid }))];
};

const startsOf = (slopes: Slopes, grid: number): readonly Start[] => {
  const [vendor, ...others] = wholeStarts(slopes);
  return [...(vendor === undefined ? [] : [vendor]), ...gridStarts(slopes, grid), ...others];
};

/** TFLite's codes of all codes. */
const codesOf = ({ inputZeroPoint, outputZeroPoint, above, below }: SlopeNumbers, factor: number): Int8Array =>
  Int8Array.from({ length: codeMax - codeMin + 1 }, (_, i) => {
    const x = codeMin + i - inputZeroPoint;
    const counts = x >= 0 ? multiplyByQuantizedMultiplier(x, above) : multiplyByQuantizedMultiplier(x * factor, below);
    return Math.max(codeMin, Math.min(codeMax, outputZeroPoint + counts));
  });

const outsOf = (count: number): readonly Out[] => {
  const shift = 14 + Math.ceil(Math.log2(count));
  if (!(shift >= 0 && shift <= 63)) return [];
  return around(2 ** shift / count, 2)
    .filter((scale) => scale >= factorMin && scale <= factorMax)
    .map((scale) => ({ scale, shift }));
};

/** What BS makes of all codes; null where a product lies halfway between two results. */
const startedOf = (zero: number, { multiply, above, below }: Start): Float64Array | null => {
  const started = new Float64Array(codeMax - codeMin + 1);
  for (let i = 0; i < started.length; i++) {
    const x = codeMin + i - zero;
    const exact = (x * multiply) / 2 ** (x >= 0 ? above : below);
    if (Math.abs(exact % 1) === 0.5) return null;
    started[i] = Math.round(exact);
  }
  return started;
};

/** Ends of what OUT_CVT brings to each code, of which they are no part: the lower one of a code, the upper of that before. */
const edgesOf = (zero: number, { scale, shift }: Out): Float64Array => {
  const edges = Float64Array.from(
    { length: codeMax - codeMin + 2 },
    (_, i) => ((codeMin + i - zero - 0.5) * 2 ** shift) / scale,
  );
  edges[0] = -Infinity;
  edges[edges.length - 1] = Infinity;
  return edges;
};

/** What may be added to values, times a factor, so that all codes from `first` to before `last` come out. */
const windowOf = (
  started: Float64Array,
  factor: number,
  codes: Int8Array,
  edges: Float64Array,
  [first, last]: readonly [number, number],
): Window => {
  let [low, high] = [-(2 ** 30), 2 ** 30];
  for (let i = first; i < last && low <= high; i++) {
    const [value, code] = [float64At(started, i) * factor, int8At(codes, i) - codeMin];
    low = Math.max(low, Math.floor(float64At(edges, code) - value) + 1);
    high = Math.min(high, Math.ceil(float64At(edges, code + 1) - value) - 1);
  }
  return { low, high };
};

/** Factors of BN that are tried, on both sides of the exact one. */
const factorSteps = 12;
/** EW's operand is a byte. */
const mostAddend = 127;

/** BN's factor of one slope, and EW's operand. */
interface Side {
  readonly multiply: number;
  readonly addend: number;
}

/** @param step what may be added is a multiple of it; 0: nothing may be */
const sideOf = (exact: number, above: Window, below: (factor: number) => Window, step: number): Side | null => {
  for (const multiply of around(exact, factorSteps)) {
    if (Math.abs(multiply) > factorMax) continue;
    const under = below(multiply);
    const [low, high] = [Math.max(above.low, under.low), Math.min(above.high, under.high)];
    if (low <= 0 && high >= 0) return { multiply, addend: 0 };
    if (step === 0 || low > high) continue;
    const addend = low > 0 ? Math.ceil(low / step) : Math.floor(high / step);
    if (addend * step >= low && addend * step <= high && Math.abs(addend) <= mostAddend) return { multiply, addend };
  }
  return null;
};

/** Added by EW for each channel. */
const addedBy = (scale: number): ElementwiseStage => ({
  algorithm: 'add',
  perChannel: true,
  offset: 0,
  scale,
  shift: 0,
  limit: null,
});

/** What all ways of one task have in common. */
interface Wanted {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly slopes: Slopes;
  /** TFLite's, for each slope. */
  readonly codes: readonly Int8Array[];
  /** Position of the first code that is not below zero. */
  readonly turn: number;
}

/** @returns null where some code comes out otherwise */
const formOf = (wanted: Wanted, start: Start, started: Float64Array, out: Out, adds: boolean): SlopeForm | null => {
  const { inputZeroPoint, outputZeroPoint: zero, slopes, codes, turn } = wanted;
  const edges = edgesOf(zero, out);
  // From zero up all channels have the same codes.
  const above = windowOf(started, 1, codes[0] ?? new Int8Array(), edges, [turn, started.length]);
  if (adds ? above.low > above.high : above.low > 0 || above.high < 0) return null;
  const furthest = Math.min(start.count, Math.max(Math.abs(above.low), Math.abs(above.high)));
  const step = adds ? Math.min(factorMax, Math.ceil(furthest / mostAddend)) : 0;
  const sides: Side[] = [];
  for (const [i, slope] of slopes.below.entries()) {
    const own = codes[i] ?? new Int8Array();
    const exact = (slope * start.count * 2 ** start.below) / start.multiply;
    const side = sideOf(exact, above, (factor) => windowOf(started, factor, own, edges, [0, turn]), step);
    if (side === null) return null;
    sides.push(side);
  }
  const [first = { multiply: 0, addend: 0 }] = sides;
  const multiply = sides.length === 1 ? first.multiply : Int32Array.from(sides, (side) => side.multiply);
  const adding = sides.some(({ addend }) => addend !== 0);
  const stages: Stages = {
    bs: { add: -inputZeroPoint, multiply: start.multiply, shift: start.above, shiftBelow: start.below, limit: null },
    bn: { add: null, multiply, prelu: true, shift: 0, limit: null },
    ew: adding ? addedBy(step) : null,
    out: { ...out, offset: zero, ties: 'even' },
    mismatch: 0,
    facts: ['bs_shift_rounding', 'mul_product_width', ...(adding ? ['ew_channel_operand'] : [])],
  };
  return { stages, addends: adding ? Int8Array.from(sides, ({ addend }) => addend) : null };
};

/** Starts that are tried with something added, which leaves much room, or for many slopes, which leave little. */
const fewStarts = 12;

const searched = (numbers: SlopeNumbers): SlopeForm | null => {
  const slopes = slopesOf(numbers);
  const { inputZeroPoint, outputZeroPoint, factors, below } = numbers;
  const codes = factors.map((factor) => codesOf(numbers, factor));
  const turn = inputZeroPoint - codeMin;
  const wanted: Wanted = { inputZeroPoint, outputZeroPoint, slopes, codes, turn };
  const starts = startsOf(slopes, Math.max(0, -below.shift));
  for (const adds of [false, true]) {
    for (const start of adds || factors.length > 1 ? starts.slice(0, fewStarts) : starts) {
      const started = startedOf(inputZeroPoint, start);
      for (const out of started === null ? [] : outsOf(start.count)) {
        const form = started === null ? null : formOf(wanted, start, started, out, adds);
        if (form !== null) return form;
      }
    }
  }
  return null;
};

const search = remembered(
  (
    inputZeroPoint: number,
    outputZeroPoint: number,
    mantissaAbove: number,
    shiftAbove: number,
    mantissaBelow: number,
    shiftBelow: number,
    ...factors: readonly number[]
  ): SlopeForm | null =>
    searched({
      inputZeroPoint,
      outputZeroPoint,
      above: { mantissa: mantissaAbove, shift: shiftAbove },
      below: { mantissa: mantissaBelow, shift: shiftBelow },
      factors,
    }),
);

/** @returns null where some code of TFLite's would come out otherwise */
export const slopeForm = ({ inputZeroPoint, outputZeroPoint, above, below, factors }: SlopeNumbers): SlopeForm | null =>
  search(inputZeroPoint, outputZeroPoint, above.mantissa, above.shift, below.mantissa, below.shift, ...factors);
