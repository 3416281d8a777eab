/**
 * Requantization with a multiplier for each output channel, s_c = m_c * 2^-e_c: BS and BN together carry 29 bits of m_c.
 * Either BN rounds once, with half a step of each channel's own grid added (`oneRounding`): right on one side of the zero
 * point, every value behind a ReLU. Or it rounds at the grid of one exponent E and OUT_CVT divides, which is right on both
 * sides for channels with e_c = E; for the others BN adds what their half step differs by.
 */
import { at } from '../in_range.js';
import {
  activationLimit,
  type ConvNumbers,
  divide,
  dividedMismatch,
  meanMagnitude,
  oneRounding,
  oneRoundingMismatch,
  scaledSum,
  shareBelow,
  undivided,
} from './division.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { Operand, Stages } from './stages.js';
import { powerOfTwo } from './powers.js';
import { factorMax, factorMin } from './two_factors.js';

/** Above this exponent a channel gives up bits of its mantissa instead: all sums stay inside an int32. */
const largestExponent = 20;

/** BN's factors of 15 bits must reach from the largest channel to the smallest. */
const largestSpread = 12;

interface Pair {
  readonly first: number;
  readonly second: number;
  /** Relative. */
  readonly error: number;
}

/** No nearer pair is looked for. */
const goodEnough = 2 ** -28;

/**
 * Two factors whose product is nearest to `product`; the second one as large as it may be, so that it is fine.
 * @param most of the first factor
 */
const factorPair = (product: number, most: number): Pair => {
  const least = Math.ceil(most / 2);
  if (product < least) {
    const first = Math.max(1, Math.round(product));
    return { first, second: 1, error: Math.abs(first / product - 1) };
  }
  const top = Math.min(factorMax, Math.floor(product / least));
  const coarse = Math.max(1, Math.min(factorMax, Math.round(product / most)));
  let [first, second, error] = [most, coarse, Math.abs((most * coarse) / product - 1)];
  // 2,000 pairs come within 2^-26 of any product; more would only cost time.
  const bottom = Math.max(1, Math.ceil(product / most), top - 2000);
  for (let candidate = top; candidate >= bottom && error > goodEnough; candidate--) {
    // Nearly all are out by more than a rounding of this look.
    const exact = product / candidate;
    const partner = Math.floor(exact + 0.5);
    if ((Math.abs(exact - partner) - 2 ** -20) * candidate > error * product) continue;
    if (partner < least || partner > most) continue;
    const candidateError = Math.abs((partner * candidate) / product - 1);
    if (candidateError < error) [first, second, error] = [partner, candidate, candidateError];
  }
  return { first, second, error };
};

/** Multipliers below 4: a dead channel's constant is a whole accumulator then. */
const smallestExponent = -2;

interface Channel {
  readonly multiplier: QuantizedMultiplier;
  /** Largest absolute value of its accumulator and bias together. */
  readonly reach: number;
}

/** Where nobody knows: sums of one product, as those of MUL by a constant, stay far below. */
const largestReach = 2 ** 28;

const channelOf = ({ multipliers, reach }: ConvNumbers, c: number): Channel => ({
  multiplier: multipliers[c] ?? { mantissa: 0, shift: 0 },
  reach: Math.max(1, reach?.[c] ?? largestReach),
});

/** Accumulators that matter are below 2^9 steps of the output, each 2^e of them; more than an int32 the chip cuts off. */
const largestFirst = ({ multiplier, reach }: Channel, bsShift: number): number =>
  Math.max(
    1,
    Math.min(factorMax, Math.floor(powerOfTwo(30 + bsShift) / Math.min(reach, powerOfTwo(9 - multiplier.shift)))),
  );

/** How a task shifts: `exponent` 0 for one rounding, else that of the grid at which BN rounds first. */
interface Grid {
  readonly exponent: number;
  readonly bsShift: number;
  readonly bnShift: number;
  /** Share of the codes that are below the zero-point. */
  readonly below: number;
  /** Whether TFLite rounds once. */
  readonly once: boolean;
}

/** Whether BN moves channels that have another grid than the common one to the side with more codes. */
const movesOthers = ({ exponent, below }: Grid): boolean => exponent > 0 && below < 0.5;

/** What BS and BN multiply by together, in units of both shifts. */
const productOf = ({ exponent, bsShift, bnShift }: Grid, { mantissa, shift }: QuantizedMultiplier): number =>
  (mantissa / 2 ** 31) * powerOfTwo(exponent + shift + bsShift + bnShift);

/** Share of a channel's values that the roundings give another code than TFLite's. */
const roundedApart = (grid: Grid, { shift }: QuantizedMultiplier): number => {
  const { exponent, below, once } = grid;
  if (once) return 0;
  if (exponent === 0) return oneRoundingMismatch(-shift, below);
  // A channel beyond E rounds at a coarser grid than TFLite's.
  const step = shift < 0 ? powerOfTwo(shift) * Math.abs(1 - powerOfTwo(-(exponent + shift))) : powerOfTwo(-exponent);
  return movesOthers(grid) ? step * below : step / 2;
};

/** Share of a channel's values that differ. */
const differing = (
  grid: Grid,
  { multiplier, reach }: Channel,
  magnitude: number,
  { first, error }: Pick<Pair, 'first' | 'error'>,
): number => {
  const { mantissa, shift } = multiplier;
  // What BS rounds away, a quarter of its unit on average, in steps of the output.
  const rounded = grid.bsShift > 0 ? (powerOfTwo(grid.bsShift + shift - 31) * mantissa) / (4 * first) : 0;
  // Not far from the zero-point where the largest accumulators make a few counts.
  const counts = Math.min(magnitude, (reach * mantissa * powerOfTwo(shift - 31)) / 4);
  return roundedApart(grid, multiplier) + rounded + Math.min(1, counts * error);
};

/** About what `factorPair` finds. */
const usualPair = (product: number, most: number): Pick<Pair, 'first' | 'error'> => {
  if (product > most * factorMax) return { first: most, error: Infinity };
  const first = Math.min(0.75 * most, product);
  return { first, error: 1 / (2 * first * Math.max(1, Math.min(factorMax, product / first))) };
};

const liveOf = (numbers: ConvNumbers): readonly Channel[] =>
  numbers.multipliers.flatMap((_, c) => (numbers.dead[c] === true ? [] : [channelOf(numbers, c)]));

/** The grids that are worth a try: one rounding, and every exponent between the channels' own. */
const gridsOf = (numbers: ConvNumbers, live: readonly Channel[]): readonly Grid[] => {
  const exponents = live.map(({ multiplier }) => -multiplier.shift);
  const [smallest, largest] = [Math.min(...exponents), Math.max(...exponents)];
  if (smallest < smallestExponent) return [];
  const [below, once] = [shareBelow(numbers), numbers.rounding === 'once'];
  const start = Math.max(0, smallest);
  const last = Math.max(start, Math.min(largest, smallest + largestSpread, largestExponent));
  // BS keeps as many bits as an int32 holds for every accumulator that does not saturate the output anyway.
  const spare = (exponent: number): number => Math.max(0, exponent - 6);
  const grid = (exponent: number, bsShift: number): Grid => ({
    exponent,
    bsShift,
    bnShift: 30 - (exponent - smallest) - bsShift,
    below,
    once,
  });
  const inOne = Array.from({ length: spare(last) - spare(start) + 1 }, (_, i) => grid(0, spare(start) + i));
  const inTwo = Array.from({ length: once ? 0 : last - start + 1 }, (_, i) => grid(start + i, spare(start + i)));
  return [...inOne, ...inTwo].filter(({ bnShift }) => bnShift >= 0);
};

/** The grid that differs least. */
const bestGrid = (numbers: ConvNumbers, live: readonly Channel[]): Grid | null => {
  const magnitude = meanMagnitude(numbers);
  const divided = dividedMismatch(
    live.map(({ multiplier }) => -multiplier.shift),
    numbers,
  );
  let best: Grid | null = null;
  let bestShare = Infinity;
  for (const grid of gridsOf(numbers, live)) {
    let share = grid.exponent === 0 ? 0 : divided;
    for (const channel of live) {
      if (share >= bestShare) break; // it only grows
      const pair = usualPair(productOf(grid, channel.multiplier), largestFirst(channel, grid.bsShift));
      share += differing(grid, channel, magnitude, pair) / live.length;
    }
    if (share < bestShare) [best, bestShare] = [grid, share];
  }
  return best;
};

/** What BN adds for a channel, in units of its product. */
const addedFor = (grid: Grid, { shift }: QuantizedMultiplier): number => {
  const { exponent, bnShift, below, once } = grid;
  if (once) return 0;
  if (exponent === 0) return oneRounding(Math.max(0, -shift), bnShift, below);
  if (!movesOthers(grid)) return 0;
  // BN's own rounding adds half a unit of the common grid already.
  return Math.round((((shift < 0 ? 2 ** (exponent + shift) : 0) - 1) / 2) * 2 ** bnShift);
};

/** One value for all where they are all the same. */
const shared = (values: Int32Array): Operand => {
  const first = at(values, 0);
  return values.every((value) => value === first) ? first : values;
};

/** @returns null where no channel lives, a multiplier is 4 or more, or the scales are too far apart */
export const compositeStages = (numbers: ConvNumbers): Stages | null => {
  const live = liveOf(numbers);
  const grid = live.length === 0 ? null : bestGrid(numbers, live);
  if (grid === null) return null;
  const { exponent, bsShift, bnShift } = grid;
  const count = numbers.bias.length;
  const [add, first] = [new Int32Array(count), new Int32Array(count)];
  const [added, second] = [new Int32Array(count), new Int32Array(count)];
  const magnitude = meanMagnitude(numbers);
  let mismatch = 0;
  for (let c = 0; c < count; c++) {
    const channel = channelOf(numbers, c);
    const { multiplier } = channel;
    const bias = at(numbers.bias, c);
    add[c] = bias;
    if (numbers.dead[c] === true) {
      // (value * 2^t * 2^14 >> bsShift) * 2^14 >> bnShift is value * 2^exponent.
      const value = Math.max(-512, Math.min(512, scaledSum(numbers, bias, multiplier)));
      add[c] = value * 2 ** (exponent + bsShift + bnShift - 28);
      first[c] = factorMin;
      second[c] = factorMin;
      continue;
    }
    const pair = factorPair(productOf(grid, multiplier), largestFirst(channel, bsShift));
    first[c] = pair.first;
    second[c] = pair.second;
    added[c] = addedFor(grid, multiplier);
    mismatch += differing(grid, channel, magnitude, pair) / live.length;
  }
  const exponents = live.map(({ multiplier }) => -multiplier.shift);
  const division = exponent === 0 ? { out: undivided(numbers), mismatch: 0 } : divide(exponent, exponents, numbers);
  const limit = activationLimit(numbers, exponent);
  return {
    bs: { add, multiply: first, shift: bsShift, limit: null },
    bn: { add: added.some((value) => value !== 0) ? shared(added) : null, multiply: second, shift: bnShift, limit },
    ew: null,
    out: division.out,
    mismatch: mismatch + division.mismatch,
    facts: [
      'bn_shift_rounding',
      'mul_product_width',
      ...(bsShift > 0 ? ['bs_shift_rounding'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};
