/** What an op with a filter calculates with: weights, bias and multipliers as integers; and what must hold of them. */
import { at, ofChannel } from '../../in_range.js';
import type { ConvNumbers } from '../../requantize/division.js';
import { rememberedOf } from '../../requantize/remembered.js';
import { effectiveScale, quantizeMultiplier } from '../../tflite/multiplier.js';
import type { Activated } from './activation.js';
import type { FilterConstants, Filtered, FilterQuantization } from './filter.js';
import type { Narrowing } from './match.js';
import type { OpContext } from './rule.js';

/** How a filter lies and how TFLite multiplies its scale. */
export interface FilterForm {
  /** 1HWC rather than OHWI (or OI). */
  readonly depthwise: boolean;
  /** The product of input and filter scale: as in the uint8 kernels (float32 before 2.4), as in the int8 ones (double), or by type. */
  readonly product: 'as-type' | 'uint8' | 'int8';
  /** How TFLite comes from a sum to the output. */
  readonly rounding?: 'once' | 'twice';
}

/** Position of the output channel in the filter's shape: OHWI or 1HWC. */
export const channelAxis = (depthwise: boolean): number => (depthwise ? 3 : 0);

/** What the weights of each output channel add up to. */
interface Sums {
  /** Of (w - zero-point). */
  readonly sums: Float64Array;
  /** Of |w - zero-point|. */
  readonly absolutes: Float64Array;
}

/** One pass over the weights. Those of a channel stand together (OHWI), or one of each channel does (1HWC). */
const sumsOf = (weights: Int8Array, zeroPoint: number, channels: number, depthwise: boolean): Sums => {
  const view = new DataView(weights.buffer, weights.byteOffset, weights.byteLength);
  const perChannel = weights.length / channels;
  const [sums, absolutes] = [new Float64Array(channels), new Float64Array(channels)];
  const step = depthwise ? channels : 1;
  for (let c = 0; c < channels; c++) {
    let [sum, absolute] = [0, 0];
    for (let i = depthwise ? c : c * perChannel, left = perChannel; left > 0; i += step, left--) {
      const value = view.getInt8(i) - zeroPoint;
      sum += value;
      absolute += Math.abs(value);
    }
    sums[c] = sum;
    absolutes[c] = absolute;
  }
  return { sums, absolutes };
};

/** What is known of a filter's weights, by how they are read: each node is looked at more than once. */
const knownSums = rememberedOf<Int8Array, Map<string, Sums>>(() => new Map());

/** What one kernel and its bias add up to. */
interface Kernel {
  readonly sum: number;
  readonly absolute: number;
  readonly bias: number;
}

const kernelsOf = (
  { weights, weightZeroPoint, biases }: FilterConstants & FilterQuantization,
  depthwise: boolean,
): readonly Kernel[] => {
  const [ways, way] = [knownSums(weights), `${weightZeroPoint} ${biases.length} ${depthwise}`];
  const made = ways.get(way) ?? sumsOf(weights, weightZeroPoint, biases.length, depthwise);
  ways.set(way, made);
  return Array.from(biases, (bias, c) => ({ sum: at(made.sums, c), absolute: at(made.absolutes, c), bias }));
};

export interface Lowered {
  readonly weights: Int8Array;
  readonly weightZeroPoint: number;
  readonly inputZeroPoint: number;
  readonly numbers: ConvNumbers;
  /** Largest absolute value that accumulator and bias together can reach. */
  readonly reach: number;
}

/** All that the numbers follow from. */
export type Weighted = OpContext & Filtered & FilterConstants & FilterQuantization & Activated;

export const weightedNumbers = (known: Weighted, { depthwise, product, rounding = 'twice' }: FilterForm): Lowered => {
  const { input, weights, weightZeroPoint, inputQuantization, outputQuantization } = known;
  const { numerics } = known.graph;
  const inputZeroPoint = inputQuantization.zeroPoint;
  const type = product === 'as-type' ? input.type : product;
  const multipliers = known.filterScales.map((scale) =>
    quantizeMultiplier(effectiveScale(inputQuantization.scale, scale, outputQuantization.scale, { type, numerics })),
  );
  const kernels = kernelsOf(known, depthwise);
  const folded = kernels.map(({ bias, sum }) => bias - inputZeroPoint * sum);
  const largestSum = (weights.length / kernels.length) * 128 * 255;
  return {
    weights,
    weightZeroPoint,
    inputZeroPoint,
    reach: kernels.reduce(
      (most, { absolute }, c) => Math.max(most, Math.abs(at(folded, c)) + (absolute === 0 ? 0 : largestSum)),
      0,
    ),
    numbers: {
      rounding,
      multipliers,
      bias: Int32Array.from(folded),
      // Codes are at most 255 from the input's zero-point.
      reach: kernels.map(({ absolute, bias }) => Math.abs(bias) + 255 * absolute),
      dead: kernels.map(({ absolute }, c) => absolute === 0 || ofChannel(multipliers, c).mantissa === 0),
      outputZeroPoint: outputQuantization.zeroPoint,
      range: known.limits.range,
    },
  };
};

/** Sums within int32, output scale at least 2^-8 of input scale times filter scale. */
export const numbersWrong = (lowered: Lowered): string | null => {
  if (lowered.reach >= 2 ** 31) return 'a bias with which sums leave int32';
  const steepest = Math.max(
    ...lowered.numbers.multipliers.map(({ mantissa, shift }) => (mantissa === 0 ? -31 : shift)),
  );
  return steepest <= 8 ? null : `an effective scale of 2^${steepest}`;
};

export const filterNumbers = <Known extends Weighted>(
  formOf: (known: Known) => FilterForm,
): Narrowing<Known, { readonly lowered: Lowered }> => ({
  name: 'numbers',
  text: 'sums within int32, output scale at least 2^-8 of input scale times filter scale',
  narrow: (known) => {
    const lowered = weightedNumbers(known, formOf(known));
    return numbersWrong(lowered) ?? { lowered };
  },
});
