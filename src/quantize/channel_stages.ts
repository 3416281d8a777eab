/**
 * Requantization with a multiplier for each output channel: s_c = m_c * 2^-e_c, m_c in [1/2, 1). Two ways to TFLite's two
 * roundings, and the one that calculates better is taken:
 *
 * `onOwnGrid`: BS rounds at each channel's own grid, with 15 bits of m_c; BN brings all channels to the largest exponent
 * and divides by it, half away from zero as TFLite does.
 * `composite`: BS and BN together carry 29 bits of m_c and round at the grid of the largest exponent E. That is finer than
 * TFLite's first rounding where e_c < E. But floor(floor(x + 1/2) / 2^e + 1/2) = floor((x + 1/2 + 2^(e-1)) / 2^e): for
 * values from the zero point up, TFLite's two roundings are one with half a step added, and BN adds it. Below the zero
 * point, where TFLite rounds away from zero, the half step is on the wrong side. A channel with e_c <= 0 (a scale of 1/2 or
 * more) TFLite rounds once: no half step there.
 */
import { activationLimit, type ConvNumbers, divide, meanMagnitude } from './division.js';
import { multiplyByQuantizedMultiplier, type QuantizedMultiplier } from './multiplier.js';
import type { Stages } from './stages.js';
import { factorMax, factorMin } from './two_factors.js';

const noMultiplier: QuantizedMultiplier = { mantissa: 0, shift: 0 };

/** Above this exponent a channel gives up bits of its mantissa instead: all sums stay inside an int32. */
const largestExponent = 20;

/** Accumulator for which a dead channel gives exactly TFLite's constant, with multiplier 2^14 >> 15 and exponent e. */
const deadBias = (bias: number, multiplier: QuantizedMultiplier, exponent: number): number => {
  const value = multiplyByQuantizedMultiplier(bias, multiplier);
  return Math.max(-512, Math.min(512, value)) * 2 ** (exponent + 1);
};

/** BS carries 15 bits of each multiplier, BN brings all channels to the largest exponent and divides. */
const onOwnGrid = (numbers: ConvNumbers): Stages => {
  const live = numbers.multipliers.filter((_, c) => numbers.dead[c] !== true);
  const exponents = live.map(({ shift }) => -shift);
  const smallest = Math.min(...(exponents.length > 0 ? exponents : [0]));
  // A channel that needs a left shift lowers the common BS shift; the others then keep that many bits more.
  const left = Math.max(0, -smallest);
  // BN's operand ends at 2^14: a channel with a far smaller scale than the largest keeps fewer bits of its mantissa.
  const wanted = Math.min(Math.max(...(exponents.length > 0 ? exponents : [0])), smallest + 14);
  const largest = Math.max(0, Math.min(wanted, largestExponent));
  const count = numbers.bias.length;
  const add = new Int32Array(count);
  const multiply = new Int32Array(count);
  const align = new Int32Array(count);
  const magnitude = meanMagnitude(numbers);
  let precision = 0;
  for (let c = 0; c < count; c++) {
    const multiplier = numbers.multipliers[c] ?? noMultiplier;
    if (numbers.dead[c] === true) {
      add[c] = deadBias(numbers.bias[c] ?? 0, multiplier, largest);
      multiply[c] = 2 ** 14;
      align[c] = 1;
      continue;
    }
    const exponent = Math.min(-multiplier.shift, largest);
    const exact = (multiplier.mantissa / 2 ** 16) * 2 ** (exponent + multiplier.shift);
    add[c] = numbers.bias[c] ?? 0;
    multiply[c] = Math.max(1, Math.min(factorMax, Math.round(exact)));
    align[c] = 2 ** (largest - exponent);
    precision += Math.min(1, (magnitude * Math.abs((multiply[c] ?? 0) - exact)) / exact) / Math.max(1, live.length);
  }
  const exponent = largest + left;
  const limit = activationLimit(numbers, 0);
  const uniform = align.every((value) => value === 1);
  return {
    technique: 'tflite-grid',
    bs: { add, multiply, shift: 15 - left, limit: null },
    bn: { add: null, multiply: uniform ? 1 : align, shift: exponent, limit },
    ew: null,
    out: { scale: 1, shift: 0, offset: numbers.outputZeroPoint, ties: 'even' },
    mismatch: precision + (left > 0 ? 0.25 : 0),
    facts: [
      'bs_shift_rounding',
      'mul_product_width',
      ...(uniform ? [] : ['bn_operand_packing']),
      ...(exponent > 0 ? ['bn_shift_rounding'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};

/** BN's factors of 15 bits must reach from the largest channel to the smallest. */
const largestSpread = 12;

/**
 * Two factors whose product over 2^shift is nearest to `target`; the second one as large as it may be, so that it is fine.
 * @param most of the first factor
 */
const factorPair = (
  target: number,
  shift: number,
  most: number,
): { readonly first: number; readonly second: number; readonly error: number } => {
  const product = target * 2 ** shift;
  const least = Math.ceil(most / 2);
  if (product < least) {
    const first = Math.max(1, Math.round(product));
    return { first, second: 1, error: Math.abs(first / product - 1) };
  }
  const top = Math.min(factorMax, Math.floor(product / least));
  let best = { first: most, second: Math.max(1, Math.min(factorMax, Math.round(product / most))), error: Infinity };
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

/** Accumulators that matter are below 2^9 steps of the output, each 2^e of them; more than an int32 the chip cuts off. */
const largestFirst = (exponent: number, bsShift: number): number =>
  Math.max(1, Math.min(factorMax, Math.floor(2 ** (30 + bsShift - 9 - exponent))));

/**
 * @param exponent E. A channel beyond it rounds at a coarser grid than TFLite's: the identity above holds there too
 * @returns null where a multiplier is 4 or more, or where the channels' scales are too far apart for it
 */
const compositeAt = (numbers: ConvNumbers, exponent: number): Stages | null => {
  const live = numbers.multipliers.filter((_, c) => numbers.dead[c] !== true);
  const exponents = live.map(({ shift }) => -shift);
  const smallest = Math.min(...exponents);
  const spread = exponent - smallest;
  // BS keeps as many bits as an int32 holds for every accumulator that does not saturate the output anyway.
  const bsShift = Math.max(0, exponent - 6);
  const bnShift = 30 - spread - bsShift;
  if (bnShift < 0) return null;
  const zero = numbers.outputZeroPoint;
  const [low, high] = [numbers.range[0] - zero, numbers.range[1] - zero];
  const below = Math.max(0, -low) / Math.max(1, high - low);
  const halfStep = below < 0.5;
  const count = numbers.bias.length;
  const [add, first] = [new Int32Array(count), new Int32Array(count)];
  const [nudge, second] = [new Int32Array(count), new Int32Array(count)];
  const magnitude = meanMagnitude(numbers);
  let mismatch = 0;
  for (let c = 0; c < count; c++) {
    const multiplier = numbers.multipliers[c] ?? noMultiplier;
    add[c] = numbers.bias[c] ?? 0;
    if (numbers.dead[c] === true) {
      // (value * 2^t * 2^14 >> bsShift) * 2^14 >> bnShift is value * 2^exponent.
      const value = Math.max(-512, Math.min(512, multiplyByQuantizedMultiplier(add[c] ?? 0, multiplier)));
      add[c] = value * 2 ** (exponent + bsShift + bnShift - 28);
      first[c] = factorMin;
      second[c] = factorMin;
      continue;
    }
    const finer = exponent + multiplier.shift;
    const real = multiplier.mantissa / 2 ** 31;
    const pair = factorPair(real * 2 ** finer, bsShift + bnShift, largestFirst(-multiplier.shift, bsShift));
    first[c] = pair.first;
    second[c] = pair.second;
    // BN's own rounding adds half a unit already; where nothing is divided behind it, that is the half of the output.
    const half = multiplier.shift < 0 ? 2 ** finer : 0;
    const added = exponent > 0 ? 1 : 0;
    if (halfStep) nudge[c] = Math.round(((half - added) / 2) * (2 ** bnShift / pair.second));
    const step = multiplier.shift < 0 ? 2 ** multiplier.shift * Math.abs(1 - 2 ** -finer) : 0;
    // What BS rounds away, a quarter of its unit on average, in steps of the output.
    const rounded = bsShift > 0 ? (2 ** (bsShift + multiplier.shift) * real) / (4 * pair.first) : 0;
    mismatch += ((halfStep ? step * below : step / 2) + rounded + Math.min(1, magnitude * pair.error)) / live.length;
  }
  const nudged = nudge.some((value) => value !== 0);
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

/** At the exponent that differs least. @returns null where no channel lives, or none of them can be done */
const composite = (numbers: ConvNumbers): Stages | null => {
  const exponents = numbers.multipliers.flatMap(({ shift }, c) => (numbers.dead[c] === true ? [] : [-shift]));
  if (exponents.length === 0) return null;
  const smallest = Math.min(...exponents);
  if (smallest < smallestExponent) return null;
  const [first, last] = [
    Math.max(0, smallest),
    Math.min(Math.max(...exponents), smallest + largestSpread, largestExponent),
  ];
  const tried = Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => compositeAt(numbers, first + i));
  return tried.reduce(
    (best, one) => (one !== null && (best === null || one.mismatch < best.mismatch) ? one : best),
    null,
  );
};

/** A multiplier for each channel, by the way that differs less. */
export const channelStages = (numbers: ConvNumbers): Stages => {
  const [own, other] = [onOwnGrid(numbers), composite(numbers)];
  return other !== null && other.mismatch < own.mismatch ? other : own;
};
