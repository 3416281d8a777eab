/**
 * Requantization of a convolution on TFLite's grid. TFLite rounds twice: high = round(acc * m) with a 31-bit m in
 * [1/2, 1), then high / 2^e, half away from zero. BS (and BN) make `high`, OUT_CVT divides. One exact rounding instead
 * would differ on 2^-(e+1) of the values.
 */
import { factorMantissa, factorMax } from './two_factors.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier, type QuantizedMultiplier } from './multiplier.js';
import type { OutputStage, ScaleStage, Stages } from './stages.js';

/** Everything that the numbers of a convolution's output depend on, in the NPU's codes. */
export interface ConvNumbers {
  /** One, or one for each output channel. */
  readonly multipliers: readonly QuantizedMultiplier[];
  /** Bias with the input's zero point folded in: what BS adds to the accumulator. One for each output channel. */
  readonly bias: Int32Array;
  /** Output channels whose weights are all zero: TFLite's value is a constant. */
  readonly dead: readonly boolean[];
  readonly outputZeroPoint: number;
  /** Codes to which the output is clamped. */
  readonly range: readonly [number, number];
}

const codeMin = -128;
const codeMax = 127;

/** 2^14 + 1 moves exact ties away from zero, where TFLite puts them. */
const awayFromZero = 2 ** 14 + 1;

/**
 * Share of values that a division by 2^exponent gets wrong, for outputs spread evenly over the codes.
 * Away: |y| * 2^-14 counts of displacement cross a tie's neighbours when it reaches a grid step.
 * Up: exact ties below the zero point go the wrong way.
 */
const divisionMismatch = (exponent: number, outputs: readonly [number, number]): { away: number; up: number } => {
  const [low, high] = outputs;
  const step = 2 ** -exponent;
  const wrong = (magnitude: number): number => Math.floor(magnitude * 2 ** (exponent - 14)) * step;
  let away = 0;
  for (let y = low; y <= high; y++) away += Math.min(1, wrong(Math.abs(y)));
  const span = Math.max(1, high - low);
  return { away: away / span, up: low >= 0 ? 0 : (step * Math.min(span, -low)) / span };
};

/** Division by 2^exponent (values above the zero point and below it), then the zero point. */
const divide = (
  exponent: number,
  exponents: readonly number[],
  numbers: ConvNumbers,
): { readonly out: OutputStage; readonly mismatch: number } => {
  const zero = numbers.outputZeroPoint;
  if (exponent === 0) return { out: { scale: 1, shift: 0, offset: zero, ties: 'even' }, mismatch: 0 };
  const outputs = [numbers.range[0] - zero, numbers.range[1] - zero] as const;
  let away = 0;
  let up = 0;
  for (const e of exponents) {
    const share = divisionMismatch(e, outputs);
    away += share.away / exponents.length;
    up += share.up / exponents.length;
  }
  return away <= up
    ? { out: { scale: awayFromZero, shift: 14 + exponent, offset: zero, ties: 'even' }, mismatch: away }
    : { out: { scale: 1, shift: exponent, offset: zero, ties: 'up' }, mismatch: up };
};

/** [0, limit] on the grid before OUT_CVT, when the activation clamps inside the codes' range; null if saturation does it. */
const activationLimit = (numbers: ConvNumbers, exponent: number): number | null => {
  const [low, high] = numbers.range;
  if (low === codeMin && high === codeMax) return null;
  if (high === codeMax) return Infinity;
  return Math.min(2 ** 31 - 1, (high - numbers.outputZeroPoint) * 2 ** exponent);
};

/** True where ReLU and an upper limit can express the clamp: the lower end is the zero point (or the codes' own end). */
export const clampFits = (numbers: Pick<ConvNumbers, 'range' | 'outputZeroPoint'>): boolean => {
  const [low, high] = numbers.range;
  return (low === codeMin && high === codeMax) || low === numbers.outputZeroPoint;
};

const ignore: ScaleStage = { add: null, multiply: null, shift: 0, limit: null };

/** One multiplier for all channels: BS and BN together carry it to 29 bits. */
const perTensor = (numbers: ConvNumbers, multiplier: QuantizedMultiplier): Stages => {
  const exponent = Math.max(0, -multiplier.shift);
  const { first, second, shift: composite } = factorMantissa(multiplier.mantissa);
  const left = Math.max(0, multiplier.shift);
  // BS keeps as many bits as an int32 holds for every accumulator that does not saturate the output anyway.
  const bsShift = Math.max(0, exponent - 6);
  const { out, mismatch } = divide(exponent, [exponent], numbers);
  const limit = activationLimit(numbers, exponent);
  return {
    technique: 'tflite-grid',
    bs: { add: numbers.bias, multiply: first, shift: bsShift, limit: null },
    bn: { add: null, multiply: second, shift: composite - left - bsShift, limit },
    ew: null,
    out,
    mismatch,
    facts: [
      'bn_shift_rounding',
      'mul_product_width',
      ...(bsShift > 0 ? ['bs_shift_rounding'] : []),
      ...(out.ties === 'up' ? ['cvt_round_bit'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};

/** Above this exponent a channel gives up bits of its mantissa instead: all sums stay inside an int32. */
const largestExponent = 20;

/** Accumulator for which a dead channel gives exactly TFLite's constant, with multiplier 2^14 >> 15 and exponent e. */
const deadBias = (bias: number, multiplier: QuantizedMultiplier, exponent: number): number => {
  const value = multiplyByQuantizedMultiplier(bias, multiplier);
  return Math.max(-512, Math.min(512, value)) * 2 ** (exponent + 1);
};

/** A multiplier for each channel: BS carries 15 bits of it, BN brings all channels to the largest exponent. */
const perChannel = (numbers: ConvNumbers): Stages => {
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
  let precision = 0;
  for (let c = 0; c < count; c++) {
    const multiplier = numbers.multipliers[c] ?? { mantissa: 0, shift: 0 };
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
    precision += Math.min(1, (64 * Math.abs((multiply[c] ?? 0) - exact)) / exact) / Math.max(1, live.length);
  }
  const uniform = align.every((value) => value === 1);
  const exponent = largest + left;
  const clipped = exponents.map((e) => Math.max(0, Math.min(e, largest) + left));
  const { out, mismatch } = divide(exponent, clipped.length > 0 ? clipped : [0], numbers);
  const limit = activationLimit(numbers, exponent);
  return {
    technique: 'tflite-grid',
    bs: { add, multiply, shift: 15 - left, limit: uniform ? limit : null },
    bn: uniform ? null : { ...ignore, multiply: align, limit },
    ew: null,
    out,
    mismatch: mismatch + precision + (left > 0 ? 0.25 : 0),
    facts: [
      'bs_shift_rounding',
      'mul_product_width',
      ...(uniform ? [] : ['bn_operand_packing']),
      ...(out.ties === 'up' ? ['cvt_round_bit'] : []),
      ...(limit === null ? [] : ['relux_limit_position']),
    ],
  };
};

const numberOf = ({ mantissa, shift }: QuantizedMultiplier): number => mantissa * 2 ** (shift - 31);

/**
 * Stages made of register words that were seen on silicon or in a shipped driver only (`trust=seen`): OUT_CVT alone for
 * one multiplier (Mesa), C = s_c / s_ref * 2^14 in BS for one for each channel (vendor). One rounding.
 * @returns null where they cannot keep within one count of TFLite, or where the clamp needs more than saturation
 */
export const seenConvStages = (numbers: ConvNumbers): Stages | null => {
  if (activationLimit(numbers, 0) !== null) return null;
  const count = numbers.bias.length;
  const scales = Array.from({ length: count }, (_, c) =>
    numberOf(numbers.multipliers[c] ?? numbers.multipliers[0] ?? { mantissa: 0, shift: 0 }),
  );
  const reference = Math.max(...scales.filter((_, c) => numbers.dead[c] !== true));
  if (!(reference > 0)) return null;
  const { mantissa, shift } = quantizeMultiplier(reference);
  const scale = Math.min(factorMax, Math.round(mantissa / 2 ** 16));
  const add = Int32Array.from(numbers.bias);
  const multiply = new Int32Array(count);
  let mismatch = 0;
  for (let c = 0; c < count; c++) {
    const exact = ((scales[c] ?? 0) / reference) * 2 ** 14;
    multiply[c] = Math.max(1, Math.round(exact));
    if (numbers.dead[c] === true) {
      const value = multiplyByQuantizedMultiplier(
        numbers.bias[c] ?? 0,
        numbers.multipliers[c] ?? { mantissa: 0, shift: 0 },
      );
      multiply[c] = 2 ** 14;
      add[c] = Math.round(Math.max(-512, Math.min(512, value)) / reference);
      continue;
    }
    const error = Math.abs((multiply[c] ?? 0) - exact) / exact;
    if (error * 256 > 1) return null;
    mismatch += Math.min(1, 64 * error + (scales[c] ?? 0) / 2) / count;
  }
  const single = numbers.multipliers.length === 1;
  return {
    technique: 'single-rounding',
    bs: single ? { ...ignore, add: numbers.bias } : { add, multiply, shift: 14, limit: null },
    bn: null,
    ew: null,
    out: { scale, shift: 15 - shift, offset: numbers.outputZeroPoint, ties: 'even' },
    mismatch,
    facts: [],
  };
};

/** Stages of a convolution on TFLite's grid. `clampFits` must hold. */
export const convStages = (numbers: ConvNumbers): Stages => {
  const [only] = numbers.multipliers;
  return numbers.multipliers.length === 1 && only !== undefined && only.mantissa > 0
    ? perTensor(numbers, only)
    : perChannel(numbers);
};
