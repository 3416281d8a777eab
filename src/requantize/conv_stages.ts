/**
 * Requantization of a convolution on TFLite's grid. TFLite rounds twice: high = round(acc * m) with a 31-bit m in
 * [1/2, 1), then high / 2^e, half away from zero. BS (and BN) make `high`, OUT_CVT divides; one exact rounding in its place
 * would differ on 2^-(e+1) of the values, so BN adds what the two roundings have more (`oneRounding`).
 */
import { at, ofChannel } from '../in_range.js';
import { channelStages } from './channel_stages.js';
import {
  activationLimit,
  codeMax,
  codeMin,
  type ConvNumbers,
  divide,
  meanMagnitude,
  oneRounding,
  oneRoundingMismatch,
  scaledSum,
  shareBelow,
  staysBelow,
  undivided,
} from './division.js';
import { rememberedOf } from './remembered.js';
import { factorMantissa, factorMax } from './two_factors.js';
import { quantizeMultiplier, type QuantizedMultiplier } from '../tflite/multiplier.js';
import type { ScaleStage, Stages } from './stages.js';

/** True where ReLU and an upper limit can express the clamp: the lower end is the zero-point (or the codes' own end). */
export const clampFits = (numbers: Pick<ConvNumbers, 'range' | 'outputZeroPoint'>): boolean => {
  const [low, high] = numbers.range;
  return (low === codeMin && high === codeMax) || low === numbers.outputZeroPoint;
};

/** BS keeps as many bits as an int32 holds for every accumulator that does not saturate the output anyway. */
const bsShiftFor = (exponent: number): number => Math.max(0, exponent - 6);

const compositeFacts = (bsShift: number, limit: number | null): readonly string[] => [
  'bn_shift_rounding',
  'mul_product_width',
  ...(bsShift > 0 ? ['bs_shift_rounding'] : []),
  ...(limit === null ? [] : ['relux_limit_position']),
];

/** Sums below zero that it lifts above stay inside an int32. */
const lift = 2 ** 30;

const ignore: ScaleStage = { add: null, multiply: null, shift: 0, limit: null };

/** One multiplier for all channels: BS and BN together carry it to 29 bits, OUT_CVT divides. */
const composite = (numbers: ConvNumbers, multiplier: QuantizedMultiplier): Stages => {
  const exponent = Math.max(0, -multiplier.shift);
  const { first, second, shift, error } = factorMantissa(multiplier.mantissa);
  const left = Math.max(0, multiplier.shift);
  const bsShift = bsShiftFor(exponent);
  const { out, mismatch } = divide(exponent, [exponent], numbers);
  const limit = activationLimit(numbers, exponent);
  return {
    bs: { add: numbers.bias, multiply: first, shift: bsShift, limit: null },
    bn: { add: null, multiply: second, shift: shift - left - bsShift, limit },
    ew: null,
    out,
    mismatch: mismatch + meanMagnitude(numbers) * error,
    facts: compositeFacts(bsShift, limit),
  };
};

/** The same carried through in one rounding by BN: as it is where TFLite rounds once, else right on one side of the zero-point. */
const compositeInOne = (numbers: ConvNumbers, multiplier: QuantizedMultiplier): Stages => {
  const exponent = Math.max(0, -multiplier.shift);
  const { first, second, shift, error } = factorMantissa(multiplier.mantissa);
  const bsShift = bsShiftFor(exponent);
  const bnShift = shift - multiplier.shift - bsShift;
  const below = shareBelow(numbers);
  const once = numbers.rounding === 'once';
  const limit = activationLimit(numbers, 0);
  return {
    bs: { add: numbers.bias, multiply: first, shift: bsShift, limit: null },
    bn: { add: once ? null : oneRounding(exponent, bnShift, below), multiply: second, shift: bnShift, limit },
    ew: null,
    out: undivided(numbers),
    mismatch: (once ? 0 : oneRoundingMismatch(exponent, below)) + meanMagnitude(numbers) * error,
    facts: compositeFacts(bsShift, limit),
  };
};

/**
 * BS alone carries it, to 15 bits; BN divides, half away from zero as TFLite does. Ties of the first rounding, common with
 * few bits (every second sum, at a power of two), go up in TFLite, where the chip's go away from zero. Above zero that is
 * the same: BS lifts the sums there, BN takes it off.
 */
const dividedByBn = (numbers: ConvNumbers, { mantissa, shift }: QuantizedMultiplier): Stages => {
  const exact = mantissa / 2 ** 16;
  const multiply = Math.min(factorMax, Math.round(exact));
  const limit = activationLimit(numbers, 0);
  const lifted = shareBelow(numbers) > 0 && shift <= 0 && staysBelow(numbers, lift);
  return {
    bs: {
      add: lifted ? numbers.bias.map((bias) => bias + lift) : numbers.bias,
      multiply,
      shift: 15 - Math.max(0, shift),
      limit: null,
    },
    bn: { add: lifted ? -multiply * (lift / 2 ** 15) : null, multiply: 1, shift: Math.max(0, -shift), limit },
    ew: null,
    out: undivided(numbers),
    mismatch: meanMagnitude(numbers) * Math.abs(multiply / exact - 1),
    facts: [
      'bs_shift_rounding',
      'bn_shift_rounding',
      'mul_product_width',
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};

const perTensor = (numbers: ConvNumbers, multiplier: QuantizedMultiplier): Stages => {
  if (numbers.rounding === 'once') return compositeInOne(numbers, multiplier);
  const ways = [dividedByBn(numbers, multiplier), composite(numbers, multiplier), compositeInOne(numbers, multiplier)];
  return ways.reduce((best, way) => (way.mismatch < best.mismatch ? way : best));
};

const numberOf = ({ mantissa, shift }: QuantizedMultiplier): number => mantissa * 2 ** (shift - 31);

/**
 * Stages made of register words that were seen on silicon or in a shipped driver only (`trust=seen`): OUT_CVT alone for
 * one multiplier (Mesa), C = s_c / s_ref * 2^14 in BS for one for each channel, ReLU and its limit in BN (vendor's
 * compiler). One rounding.
 * @returns null where they cannot keep within 1 LSB of TFLite
 */
export const seenConvStages = (numbers: ConvNumbers): Stages | null => {
  const count = numbers.bias.length;
  const scales = Array.from({ length: count }, (_, c) => numberOf(ofChannel(numbers.multipliers, c)));
  const reference = Math.max(...scales.filter((_, c) => numbers.dead[c] !== true));
  if (!(reference > 0)) return null;
  const { mantissa, shift } = quantizeMultiplier(reference);
  const scale = Math.min(factorMax, Math.round(mantissa / 2 ** 16));
  const add = Int32Array.from(numbers.bias);
  const multiply = new Int32Array(count);
  let mismatch = 0;
  for (const [c, own] of scales.entries()) {
    const exact = (own / reference) * 2 ** 14;
    const factor = Math.max(1, Math.round(exact));
    multiply[c] = factor;
    if (numbers.dead[c] === true) {
      const value = scaledSum(numbers, at(numbers.bias, c), ofChannel(numbers.multipliers, c));
      multiply[c] = 2 ** 14;
      add[c] = Math.round(Math.max(-512, Math.min(512, value)) / reference);
      continue;
    }
    const error = Math.abs(factor - exact) / exact;
    if (error * 256 > 1) return null;
    mismatch += Math.min(1, 64 * error + own / 2) / count;
  }
  const single = numbers.multipliers.length === 1;
  const counts = activationLimit(numbers, 0);
  const limit = counts === null || counts === Infinity ? counts : Math.min(2 ** 31 - 1, Math.round(counts / reference));
  return {
    bs: single ? { ...ignore, add: numbers.bias } : { add, multiply, shift: 14, limit: null },
    bn: limit === null ? null : { ...ignore, limit },
    ew: null,
    out: { scale, shift: 15 - shift, offset: numbers.outputZeroPoint, ties: 'even' },
    mismatch,
    facts: [],
  };
};

/** Stages of a convolution on TFLite's grid. `clampFits` must hold. */
export const convStages = rememberedOf((numbers: ConvNumbers): Stages => {
  const [only] = numbers.multipliers;
  return numbers.multipliers.length === 1 && only !== undefined && only.mantissa > 0
    ? perTensor(numbers, only)
    : channelStages(numbers);
});
