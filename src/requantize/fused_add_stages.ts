/**
 * A convolution whose result an ADD takes, in one task. TFLite stores the convolution's result as a byte: rounded twice
 * and clamped (FULLY_CONNECTED once, in some releases). The sum must start from that byte, not from the accumulator, so BS brings the accumulator to the byte's
 * grid (shifted to start at 0, clamped by ReLUx), BN multiplies and takes the shift back, EW adds the other operand.
 * BS has one rounding where TFLite has two: for each channel the addend is chosen so that BS's steps meet TFLite's at as
 * many accumulators as possible, and the share of accumulators that still differ is counted, step by step.
 */
import { at, ofChannel } from '../in_range.js';
import { addStages, type AddNumbers } from './add_stages.js';
import type { ConvNumbers } from './division.js';
import { powerOfTwo } from './powers.js';
import { rememberedPair } from './remembered.js';
import { factorMax } from './two_factors.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { Stages } from './stages.js';

/** Smallest accumulator for which TFLite's rounded result is at least `value` counts above the zero-point. */
const thresholdOf = (
  value: number,
  { mantissa, shift }: QuantizedMultiplier,
  rounding: ConvNumbers['rounding'],
): number => {
  if (rounding === 'once') {
    const tie = (value - 0.5) / (mantissa * powerOfTwo(shift - 31));
    return value > 0 ? Math.ceil(tie) : Math.floor(tie) + 1;
  }
  const grid = powerOfTwo(Math.max(0, -shift));
  // Half away from zero: a tie counts as `value` above zero, as `value - 1` below.
  const edge = (value - 0.5) * grid;
  const high = value > 0 ? Math.ceil(edge) : Math.floor(edge) + 1;
  return Math.ceil((high - 0.5) * (powerOfTwo(31 - Math.max(0, shift)) / mantissa));
};

interface ChannelFit {
  readonly add: number;
  readonly multiply: number;
  /** Share of the accumulators inside the range that give another byte than TFLite. */
  readonly mismatch: number;
}

/** The accumulators at which TFLite's byte goes up. `counts`: bytes from the lowest to the highest; `below`: of them below zero. */
const thresholdsOf = (
  multiplier: QuantizedMultiplier,
  counts: number,
  below: number,
  rounding: ConvNumbers['rounding'],
): Float64Array => {
  const thresholds = new Float64Array(counts);
  for (let k = 1; k <= counts; k++) thresholds[k - 1] = thresholdOf(k - below, multiplier, rounding);
  return thresholds;
};

/** The best addend for one multiplier of BS. */
const fitChannel = (thresholds: Float64Array, multiply: number, shift: number): ChannelFit => {
  const counts = thresholds.length;
  const step = powerOfTwo(shift);
  const addends = new Float64Array(counts);
  for (let k = 1; k <= counts; k++) addends[k - 1] = Math.ceil(((k - 0.5) * step) / multiply) - at(thresholds, k - 1);
  addends.sort();
  const add = at(addends, Math.floor(counts / 2));
  let wrong = 0;
  for (const candidate of addends) wrong += Math.abs(candidate - add);
  return { add, multiply, mismatch: wrong / Math.max(1, at(thresholds, counts - 1) - at(thresholds, 0)) };
};

/** @returns null where the two cannot be one task */
export const fusedAddStages = rememberedPair((conv: ConvNumbers, add: AddNumbers): Stages | null => {
  const sum = addStages(add);
  const factor = sum?.bs?.multiply;
  if (sum === null || sum.ew === null || typeof factor !== 'number') return null;
  const [low, high] = conv.range;
  const counts = high - low;
  const below = conv.outputZeroPoint - low;
  const single = conv.multipliers.length === 1;
  const constant = single ? conv.multipliers[0]?.mantissa === 0 : conv.dead.some((dead) => dead);
  if (counts < 1 || constant) return null;
  const largest = Math.max(...conv.multipliers.map(({ shift }) => shift));
  if (largest > 0) return null;
  const shift = 15 - largest;
  const fits = conv.multipliers.map((multiplier) => {
    const exact = (multiplier.mantissa / 2 ** 16) * 2 ** (multiplier.shift - largest);
    const near = Math.max(1, Math.min(factorMax, Math.round(exact)));
    const candidates = [near, near - 1, near + 1].filter((factor) => factor >= 1 && factor <= factorMax);
    const thresholds = thresholdsOf(multiplier, counts, below, conv.rounding);
    return candidates
      .map((factor) => fitChannel(thresholds, factor, shift))
      .reduce((best, fit) => (fit.mismatch < best.mismatch ? fit : best));
  });
  const [only] = fits;
  if (only === undefined) return null;
  const addends = conv.bias.map((bias, c) => bias + ofChannel(fits, c).add);
  // An addend beyond int32 would wrap: such a bias saturates anyway, and is left to the separate task.
  if (conv.bias.some((bias, c) => bias + ofChannel(fits, c).add !== addends[c])) return null;
  const inner = fits.reduce((total, fit) => total + fit.mismatch, 0) / fits.length;
  return {
    bs: {
      add: addends,
      multiply: single ? only.multiply : Int32Array.from(fits, (fit) => fit.multiply),
      shift,
      limit: counts,
    },
    bn: { add: -below * factor, multiply: factor, shift: 0, limit: null },
    ew: sum.ew,
    out: sum.out,
    mismatch: sum.mismatch + inner * Math.min(1, add.firstScale / add.outputScale),
    facts: ['bs_shift_rounding', 'mul_product_width', 'relux_limit_position'],
  };
});
