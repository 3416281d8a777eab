/**
 * Requantization with a multiplier for each output channel, s_c = m_c * 2^-e_c: BS and BN together carry 29 bits of m_c and
 * round at the grid of one exponent E. That is finer than TFLite's first rounding where e_c < E. But
 * floor(floor(x + 1/2) / 2^e + 1/2) = floor((x + 1/2 + 2^(e-1)) / 2^e): for values from the zero point up, TFLite's two
 * roundings are one with half a step added, and BN adds it. Below the zero point, where TFLite rounds away from zero, the
 * half step is on the wrong side. A channel with e_c <= 0 (a scale of 1/2 or more) TFLite rounds once: no half step there.
 */
import { activationLimit, type ConvNumbers, divide, meanMagnitude } from './division.js';
import { multiplyByQuantizedMultiplier, type QuantizedMultiplier } from './multiplier.js';
import type { Stages } from './stages.js';
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
  let best = { first: most, second: coarse, error: Math.abs((most * coarse) / product - 1) };
  // 2,000 pairs come within 2^-26 of any product; more would only cost time.
  const bottom = Math.max(1, Math.ceil(product / most), top - 2000);
  for (let second = top; second >= bottom && best.error > 2 ** -28; second--) {
    const first = Math.round(product / second);
    if (first < least || first > most) continue;
    const error = Math.abs((first * second) / product - 1);
    if (error < best.error) best = { first, second, error };
  }
  return best;
};

/** Multipliers below 4: a dead channel's constant is a whole accumulator then. */
const smallestExponent = -2;

interface Channel {
  readonly multiplier: QuantizedMultiplier;
  /** Largest absolute value of its accumulator and bias together. */
  readonly reach: number;
}

/** 4,608 products and a bias as large. */
const largestReach = 2 ** 28;

const channelOf = ({ multipliers, reach }: ConvNumbers, c: number): Channel => ({
  multiplier: multipliers[c] ?? { mantissa: 0, shift: 0 },
  reach: Math.max(1, reach?.[c] ?? largestReach),
});

/** Accumulators that matter are below 2^9 steps of the output, each 2^e of them; more than an int32 the chip cuts off. */
const largestFirst = ({ multiplier, reach }: Channel, bsShift: number): number =>
  Math.max(1, Math.min(factorMax, Math.floor(2 ** (30 + bsShift) / Math.min(reach, 2 ** (9 - multiplier.shift)))));

/** How a task at exponent E shifts, and on which side of the zero point it is right. */
interface Grid {
  readonly exponent: number;
  readonly bsShift: number;
  readonly bnShift: number;
  readonly halfStep: boolean;
  /** Share of the codes that are below the zero point. */
  readonly below: number;
}

/** @returns null where the channels' scales are too far apart for this exponent */
const gridAt = ({ range, outputZeroPoint: zero }: ConvNumbers, exponent: number, smallest: number): Grid | null => {
  // BS keeps as many bits as an int32 holds for every accumulator that does not saturate the output anyway.
  const bsShift = Math.max(0, exponent - 6);
  const bnShift = 30 - (exponent - smallest) - bsShift;
  const [low, high] = [range[0] - zero, range[1] - zero];
  const below = Math.max(0, -low) / Math.max(1, high - low);
  return bnShift < 0 ? null : { exponent, bsShift, bnShift, halfStep: below < 0.5, below };
};

/** What BS and BN multiply by together, in units of both shifts. */
const productOf = ({ exponent, bsShift, bnShift }: Grid, { mantissa, shift }: QuantizedMultiplier): number =>
  (mantissa / 2 ** 31) * 2 ** (exponent + shift + bsShift + bnShift);

/** Share of a channel's values that differ. A channel beyond E rounds at a coarser grid than TFLite's. */
const differing = (
  { exponent, bsShift, halfStep, below }: Grid,
  { multiplier: { mantissa, shift }, reach }: Channel,
  magnitude: number,
  { first, error }: Pick<Pair, 'first' | 'error'>,
): number => {
  const step = shift < 0 ? 2 ** shift * Math.abs(1 - 2 ** -(exponent + shift)) : 0;
  // What BS rounds away, a quarter of its unit on average, in steps of the output.
  const rounded = bsShift > 0 ? (2 ** (bsShift + shift - 31) * mantissa) / (4 * first) : 0;
  // Not far from the zero point where the largest accumulators make a few counts.
  const counts = Math.min(magnitude, (reach * mantissa * 2 ** (shift - 31)) / 4);
  return (halfStep ? step * below : step / 2) + rounded + Math.min(1, counts * error);
};

/** About what `factorPair` finds. */
const usualPair = (product: number, most: number): Pick<Pair, 'first' | 'error'> => {
  if (product > most * factorMax) return { first: most, error: Infinity };
  const first = Math.min(0.75 * most, product);
  return { first, error: 1 / (2 * first * Math.max(1, Math.min(factorMax, product / first))) };
};

const liveOf = (numbers: ConvNumbers): readonly Channel[] =>
  numbers.multipliers.flatMap((_, c) => (numbers.dead[c] === true ? [] : [channelOf(numbers, c)]));

/** The exponent that differs least. */
const bestGrid = (numbers: ConvNumbers): Grid | null => {
  const live = liveOf(numbers);
  if (live.length === 0) return null;
  const exponents = live.map(({ multiplier }) => -multiplier.shift);
  const smallest = Math.min(...exponents);
  if (smallest < smallestExponent) return null;
  const first = Math.max(0, smallest);
  const last = Math.max(first, Math.min(Math.max(...exponents), smallest + largestSpread, largestExponent));
  const magnitude = meanMagnitude(numbers);
  let best: Grid | null = null;
  let bestShare = Infinity;
  for (let exponent = first; exponent <= last; exponent++) {
    const grid = gridAt(numbers, exponent, smallest);
    if (grid === null) continue;
    const shares = live.map((channel) => {
      const pair = usualPair(productOf(grid, channel.multiplier), largestFirst(channel, grid.bsShift));
      return differing(grid, channel, magnitude, pair);
    });
    const share = shares.reduce((sum, one) => sum + one, 0);
    if (share < bestShare) [best, bestShare] = [grid, share];
  }
  return best;
};

/** @returns null where no channel lives, a multiplier is 4 or more, or the scales are too far apart */
export const compositeStages = (numbers: ConvNumbers): Stages | null => {
  const grid = bestGrid(numbers);
  if (grid === null) return null;
  const { exponent, bsShift, bnShift } = grid;
  const live = liveOf(numbers);
  const count = numbers.bias.length;
  const [add, first] = [new Int32Array(count), new Int32Array(count)];
  const [nudge, second] = [new Int32Array(count), new Int32Array(count)];
  const magnitude = meanMagnitude(numbers);
  let mismatch = 0;
  for (let c = 0; c < count; c++) {
    const channel = channelOf(numbers, c);
    const { multiplier } = channel;
    add[c] = numbers.bias[c] ?? 0;
    if (numbers.dead[c] === true) {
      // (value * 2^t * 2^14 >> bsShift) * 2^14 >> bnShift is value * 2^exponent.
      const value = Math.max(-512, Math.min(512, multiplyByQuantizedMultiplier(add[c] ?? 0, multiplier)));
      add[c] = value * 2 ** (exponent + bsShift + bnShift - 28);
      first[c] = factorMin;
      second[c] = factorMin;
      continue;
    }
    const pair = factorPair(productOf(grid, multiplier), largestFirst(channel, bsShift));
    first[c] = pair.first;
    second[c] = pair.second;
    // BN's own rounding adds half a unit already; where nothing is divided behind it, that is the half of the output.
    const half = multiplier.shift < 0 ? 2 ** (exponent + multiplier.shift) : 0;
    const added = exponent > 0 ? 1 : 0;
    if (grid.halfStep) nudge[c] = Math.round(((half - added) / 2) * (2 ** bnShift / pair.second));
    mismatch += differing(grid, channel, magnitude, pair) / live.length;
  }
  const nudged = nudge.some((value) => value !== 0);
  const exponents = live.map(({ multiplier }) => -multiplier.shift);
  const { out, mismatch: division } = divide(exponent, exponents, numbers);
  const limit = activationLimit(numbers, exponent);
  return {
    technique: 'tflite-grid',
    bs: { add, multiply: first, shift: bsShift, limit: null },
    bn: { add: nudged ? nudge : null, multiply: second, shift: bnShift, limit },
    ew: null,
    out,
    mismatch: mismatch + division,
    facts: [
      'bn_shift_rounding',
      'bn_operand_packing',
      'mul_product_width',
      ...(bsShift > 0 ? ['bs_shift_rounding'] : []),
      ...(out.ties === 'up' ? ['cvt_round_bit'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};
