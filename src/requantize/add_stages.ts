/**
 * TFLite's quantized ADD on the DPU alone: y = zero + round(s1/so * (a - z1) + s2/so * (b - z2)). TFLite scales both
 * operands at 2^20 and rounds once in effect; its ties, which are common (s1 = s2 = so), go away from zero.
 * BS multiplies the first operand by an integer, EW the second, OUT_CVT their sum: three 15-bit factors whose products
 * must come near two ratios. They are searched, and kept above the exact ratio by a hair so that ties move outwards.
 */
import { remembered } from './remembered.js';
import { addMismatch } from './add_mismatch.js';
import { factorMax, factorMin } from './two_factors.js';
import type { Stages } from './stages.js';

/** Scales are real, zero-points and range in the NPU's codes. */
export interface AddNumbers {
  readonly firstScale: number;
  readonly firstZeroPoint: number;
  readonly secondScale: number;
  readonly secondZeroPoint: number;
  readonly outputScale: number;
  readonly outputZeroPoint: number;
  readonly range: readonly [number, number];
}

export const swappedNumbers = (numbers: AddNumbers): AddNumbers => ({
  ...numbers,
  firstScale: numbers.secondScale,
  firstZeroPoint: numbers.secondZeroPoint,
  secondScale: numbers.firstScale,
  secondZeroPoint: numbers.firstZeroPoint,
});

export interface AddFactors {
  /** Integer multipliers of the two operands. */
  readonly first: number;
  readonly second: number;
  /** OUT_CVT. */
  readonly scale: number;
  readonly shift: number;
  /** Largest relative error of either composite factor. */
  readonly error: number;
}

const searchFactors = (firstScale: number, secondScale: number, outputScale: number): AddFactors | null => {
  const larger = Math.max(firstScale, secondScale);
  const ratio = Math.min(firstScale, secondScale) / larger;
  let best: AddFactors | null = null;
  let bestPenalty = Infinity;
  let shift = 15 - (Math.floor(Math.log2(larger / outputScale / factorMin)) + 1);
  let unit = 2 ** shift;
  if (Math.round(factorMin * ratio) === 0) return null;
  for (let major = factorMin; major <= factorMax; major++) {
    const exact = major * ratio;
    const minor = Math.round(exact);
    // Nearly all are out by the ratio alone; the last one says how far the shift goes.
    if (4 * (Math.abs(minor - exact) - 2 ** -20) > bestPenalty * exact && major < factorMax) continue;
    // It falls to half at most: the exponent changes once.
    const wanted = larger / outputScale / major;
    if (wanted * unit < factorMin) {
      shift++;
      unit *= 2;
    }
    if (shift < 0 || shift > 63) return null;
    const scale = Math.floor(wanted * unit * (1 + 2 ** -40)) + 1;
    if (scale > factorMax) continue;
    const majorError = scale / (wanted * unit) - 1;
    const ratioError = minor / exact - 1;
    const penalty = majorError + 4 * Math.abs(ratioError);
    if (penalty < bestPenalty) {
      bestPenalty = penalty;
      const error = Math.max(majorError, Math.abs(majorError + ratioError));
      best =
        firstScale >= secondScale
          ? { first: major, second: minor, scale, shift, error }
          : { first: minor, second: major, scale, shift, error };
    }
  }
  return best;
};

/** The operand with the larger scale gets a factor in [2^14, 2^15), the other one its share of it. */
export const addFactors = remembered(searchFactors);

/** Largest sum for which OUT_CVT gives `count` above the zero-point. */
const sumOf = (count: number, factors: Pick<AddFactors, 'scale' | 'shift'>): number =>
  Math.min(2 ** 31 - 1, Math.round((count * 2 ** factors.shift) / factors.scale));

/**
 * Stages of an elementwise ADD task.
 * @returns null where the scales are too far apart for 15-bit factors (the result could be off by more than 1 LSB)
 */
export const addStages = (numbers: AddNumbers): Stages | null => signedSum(numbers, 1);

const signedSum = (numbers: AddNumbers, sign: 1 | -1): Stages | null => {
  const factors = addFactors(numbers.firstScale, numbers.secondScale, numbers.outputScale);
  if (factors === null || factors.error * 256 > 0.5) return null;
  const [low, high] = numbers.range;
  const zero = numbers.outputZeroPoint;
  const clamped = low !== -128 || high !== 127;
  const limit = !clamped ? null : high === 127 ? Infinity : sumOf(high - zero, factors);
  return {
    bs: { add: -numbers.firstZeroPoint, multiply: factors.first, shift: 0, limit: null },
    bn: null,
    ew: { algorithm: 'add', offset: -numbers.secondZeroPoint, scale: factors.second, shift: 0, limit },
    out: { scale: factors.scale, shift: factors.shift, offset: zero, ties: 'even' },
    mismatch: addMismatch(numbers, factors, sign),
    facts: ['int8_flying', ...(limit === null ? [] : ['relux_limit_position'])],
  };
};

/** The same with the second operand taken off: ties go away from zero in TFLite's SUB too. */
export const subtractStages = (numbers: AddNumbers): Stages | null => {
  const stages = signedSum(numbers, -1);
  if (stages?.ew == null) return null;
  return { ...stages, ew: { ...stages.ew, scale: -stages.ew.scale }, facts: [...stages.facts, 'ew_cvt_scale_sign'] };
};

/** The same with the first operand taken off. */
export const subtractFirstStages = (numbers: AddNumbers): Stages | null => {
  const stages = signedSum(numbers, -1);
  if (typeof stages?.bs?.multiply !== 'number') return null;
  return { ...stages, bs: { ...stages.bs, multiply: -stages.bs.multiply } };
};

type PairStages = Stages & { readonly ew: NonNullable<Stages['ew']> };

/** With one value of the second operand for each channel. */
export const withChannelOperand = (stages: PairStages): Stages => ({
  ...stages,
  ew: { ...stages.ew, perChannel: true },
  facts: [...stages.facts, 'ew_channel_operand'],
});

/** The same, where there are stages. */
export const perChannelStages = (stages: Stages | null): Stages | null =>
  stages?.ew == null ? null : withChannelOperand({ ...stages, ew: stages.ew });

/** The larger or the smaller of two codes. */
export const extremeStages = (algorithm: 'max' | 'min'): PairStages => ({
  bs: null,
  bn: null,
  ew: { algorithm, offset: 0, scale: 1, shift: 0, limit: null },
  out: { scale: 1, shift: 0, offset: 0, ties: 'even' },
  mismatch: 0,
  facts: ['int8_flying'],
});

/** Clamps stored codes to [low, high]: one subtraction, [0, high - low], the way back. Exact. */
export const clampStages = (low: number, high: number): Stages => ({
  bs: { add: -low, multiply: null, shift: 0, limit: high - low },
  bn: null,
  ew: null,
  out: { scale: 1, shift: 0, offset: low, ties: 'even' },
  mismatch: 0,
  facts: ['int8_flying', 'relux_limit_position'],
});
