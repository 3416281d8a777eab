/** What an op with a filter calculates with: weights, bias and multipliers as integers; and what must hold of them. */
import type { ConvNumbers } from '../../requantize/division.js';
import { activationRange, effectiveScale, quantizeMultiplier } from '../../tflite/multiplier.js';
import { hasPerTensorQuantization, isByteTensor, quantizationOf, signedCode } from '../../graph/tensor.js';
import { rememberedOf } from '../../requantize/remembered.js';
import { inputOf, type OpContext, outputOf } from './rule.js';

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

interface ChannelWeights {
  /** Sum of (w - zero-point). */
  readonly sum: number;
  /** Sum of |w - zero-point|. */
  readonly absolute: number;
  readonly allZero: boolean;
}

interface FilterWeights {
  readonly weights: Int8Array;
  readonly perChannel: readonly ChannelWeights[];
}

/** One pass over the weights of each output channel; the step between them is 1 (OHWI) or the number of channels (1HWC). */
const channelWeights = (
  weights: Int8Array,
  zeroPoint: number,
  channels: number,
  depthwise: boolean,
): readonly ChannelWeights[] => {
  const perChannel = weights.length / channels;
  const [sums, absolutes] = [new Float64Array(channels), new Float64Array(channels)];
  if (depthwise) {
    for (let tap = 0, i = 0; tap < perChannel; tap++) {
      for (let c = 0; c < channels; c++, i++) {
        const value = (weights[i] ?? 0) - zeroPoint;
        sums[c] = (sums[c] ?? 0) + value;
        absolutes[c] = (absolutes[c] ?? 0) + Math.abs(value);
      }
    }
  } else {
    for (let c = 0, i = 0; c < channels; c++) {
      let [sum, absolute] = [0, 0];
      for (const end = i + perChannel; i < end; i++) {
        const value = (weights[i] ?? 0) - zeroPoint;
        sum += value;
        absolute += Math.abs(value);
      }
      sums[c] = sum;
      absolutes[c] = absolute;
    }
  }
  return Array.from(sums, (sum, c) => ({ sum, absolute: absolutes[c] ?? 0, allZero: absolutes[c] === 0 }));
};

/** The NPU's codes: int8 as it is, uint8 with the top bit flipped. */
const signedWeights = (data: Uint8Array, type: 'int8' | 'uint8'): Int8Array => {
  if (type === 'int8') return new Int8Array(data.buffer, data.byteOffset, data.byteLength);
  // Four at a time.
  const words = new Int32Array(Math.ceil(data.length / 4));
  const signed = new Int8Array(words.buffer, 0, data.length);
  signed.set(data);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ 0x80808080;
  return signed;
};

/** What has been made of a filter's bytes, by how they are read: each node is looked at more than once. */
const made = rememberedOf<Uint8Array, Map<string, FilterWeights>>(() => new Map());

const filterWeights = (
  data: Uint8Array,
  type: 'int8' | 'uint8',
  zeroPoint: number,
  channels: number,
  depthwise: boolean,
): FilterWeights => {
  const [ways, way] = [made(data), `${type} ${zeroPoint} ${channels} ${depthwise}`];
  const known = ways.get(way);
  if (known !== undefined) return known;
  const weights = signedWeights(data, type);
  const filter = { weights, perChannel: channelWeights(weights, zeroPoint, channels, depthwise) };
  ways.set(way, filter);
  return filter;
};

const biasOf = (data: Uint8Array | null, channels: number): Int32Array => {
  const bias = new Int32Array(channels);
  if (data === null) return bias;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let c = 0; c < channels; c++) bias[c] = view.getInt32(4 * c, true);
  return bias;
};

export interface Lowered {
  readonly weights: Int8Array;
  readonly weightZeroPoint: number;
  readonly inputZeroPoint: number;
  readonly numbers: ConvNumbers;
  /** Largest absolute value that accumulator and bias together can reach. */
  readonly reach: number;
}

/** @returns null where a tensor is not what the rules before `numbers` ask for */
export const weightedNumbers = (
  context: OpContext,
  { depthwise, product, rounding = 'twice' }: FilterForm,
): Lowered | null => {
  const [input, filter, bias, output] = [
    inputOf(context, 0),
    inputOf(context, 1),
    inputOf(context, 2),
    outputOf(context),
  ];
  if (!isByteTensor(input) || !isByteTensor(filter) || !isByteTensor(output) || filter.data === null) return null;
  const channels = filter.shape[channelAxis(depthwise)] ?? 0;
  const { scale: inputScale, zeroPoint: inputZeroPoint } = quantizationOf(input);
  const { scale: outputScale, zeroPoint: outputZeroPoint } = quantizationOf(output);
  const weightZeroPoint = signedCode(filter.quantization?.zeroPoints[0] ?? 0, filter.type);
  const { weights, perChannel } = filterWeights(filter.data, filter.type, weightZeroPoint, channels, depthwise);
  const type = product === 'as-type' ? input.type : product;
  const { numerics } = context.graph;
  const multipliers = (filter.quantization?.scales ?? []).map((scale) =>
    quantizeMultiplier(effectiveScale(inputScale, scale, outputScale, { type, numerics })),
  );
  const range = activationRange(
    context.node.params['activation'] ?? 0,
    outputScale,
    output.quantization?.zeroPoints[0] ?? 0,
    output.type,
  );
  if (range === null) return null;
  const folded = new Int32Array(channels);
  const raw = biasOf(bias?.data ?? null, channels);
  let reach = 0;
  const window = weights.length / channels;
  for (let c = 0; c < channels; c++) {
    const { sum, allZero } = perChannel[c] ?? { sum: 0, allZero: true };
    const value = (raw[c] ?? 0) - inputZeroPoint * sum;
    reach = Math.max(reach, Math.abs(value) + (allZero ? 0 : window * 128 * 255));
    folded[c] = value;
  }
  return {
    weights,
    weightZeroPoint,
    inputZeroPoint,
    reach,
    numbers: {
      rounding,
      multipliers,
      bias: folded,
      // Codes are at most 255 from the input's zero-point.
      reach: perChannel.map(({ absolute }, c) => Math.abs(raw[c] ?? 0) + 255 * absolute),
      dead: perChannel.map(({ allZero }, c) => allZero || (multipliers[c] ?? multipliers[0])?.mantissa === 0),
      outputZeroPoint,
      range: [signedCode(range[0], output.type), signedCode(range[1], output.type)],
    },
  };
};

/** Filter constant; bias absent or a constant int32 vector. */
export const constantsWrong = (context: OpContext, { depthwise }: FilterForm): string | null => {
  const [input, filter, bias] = [inputOf(context, 0), inputOf(context, 1), inputOf(context, 2)];
  if (input?.constant === true) return 'a constant input';
  if (filter === null || !filter.constant) return 'a filter that is not constant';
  if (filter.data === null) return 'a sparse filter';
  if (filter.data.byteLength !== filter.shape.reduce((product, dim) => product * dim, 1))
    return 'filter data of another size';
  if (bias === null) return null;
  const channels = filter.shape[channelAxis(depthwise)] ?? 0;
  if (bias.type !== 'int32' || !bias.constant || bias.data === null)
    return `a bias of type ${bias.type} that is not constant`;
  return bias.data.byteLength === 4 * channels
    ? null
    : `a bias of ${bias.data.byteLength} bytes for ${channels} channels`;
};

/** Per-tensor input and output; filter per-tensor, or int8 per output channel with zero-points 0. */
export const quantizationWrong = (context: OpContext, { depthwise }: FilterForm): string | null => {
  const [input, filter, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  if (input === null || filter === null || output === null) return 'tensors missing';
  if (!hasPerTensorQuantization(input) || !hasPerTensorQuantization(output))
    return 'input or output without one scale and zero-point';
  const { scales = [], zeroPoints = [], axis = 0 } = filter.quantization ?? {};
  if (scales.length === 0 || scales.some((scale) => !(scale >= 0) || !Number.isFinite(scale)))
    return 'filter scales missing or negative';
  if (filter.type === 'int8' && zeroPoints.some((zero) => zero !== 0))
    return 'an int8 filter with a zero-point other than 0';
  if (scales.length === 1)
    return filter.type === 'int8' || hasPerTensorQuantization(filter)
      ? null
      : `a filter zero-point of ${zeroPoints[0] ?? 'nothing'} in ${filter.type}`;
  const channels = filter.shape[channelAxis(depthwise)] ?? 0;
  if (filter.type === 'uint8') return 'a uint8 filter with several scales';
  return scales.length === channels && axis === channelAxis(depthwise)
    ? null
    : `${scales.length} filter scales along axis ${axis}`;
};

/** Sums within int32, output scale at least 2^-8 of input scale times filter scale. */
export const numbersWrong = (lowered: Lowered | null): string | null => {
  if (lowered === null) return 'tensors missing';
  if (lowered.reach >= 2 ** 31) return 'a bias with which sums leave int32';
  const steepest = Math.max(
    ...lowered.numbers.multipliers.map(({ mantissa, shift }) => (mantissa === 0 ? -31 : shift)),
  );
  return steepest <= 8 ? null : `an effective scale of 2^${steepest}`;
};
