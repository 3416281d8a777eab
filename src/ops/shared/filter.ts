/** The tensors of an op with a filter: what its rules establish of them, one after the other. */
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf } from '../../graph/tensor.js';
import { elementCount, type Tensor } from '../../graph/graph.js';
import { rememberedOf } from '../../requantize/remembered.js';
import { type Check, established, type Narrowing } from './match.js';
import { inputOf, type OpContext, outputOf } from './rule.js';

export interface Filtered {
  readonly input: ByteTensor;
  readonly filter: ByteTensor;
  /** Anything, until the rule `constants` has seen it; null: none. */
  readonly bias: Tensor | null;
  readonly output: ByteTensor;
}

/** Where TFLite's op has them; the filter is always its second input. */
export interface FilterPositions {
  readonly input: number;
  readonly bias: number;
}

export const inputFirst: FilterPositions = { input: 0, bias: 2 };

const tensorsAt = (context: OpContext, at: FilterPositions) =>
  [inputOf(context, at.input), inputOf(context, 1), outputOf(context)] as const;

/** @param rule asks for bytes of one type */
export const filtered = (at: FilterPositions, rule: Check<OpContext>) =>
  established(rule, (context): Filtered | null => {
    const [input, filter, output] = tensorsAt(context, at);
    return isByteTensor(input) && isByteTensor(filter) && isByteTensor(output)
      ? { input, filter, bias: inputOf(context, at.bias), output }
      : null;
  });

export const filteredBytes = (at: FilterPositions) =>
  filtered(at, {
    name: 'types',
    text: 'input, filter and output int8, or all three uint8',
    broken: (context) => {
      const types = tensorsAt(context, at).map((tensor) => tensor?.type ?? 'absent');
      return types.every((type) => type === types[0]) && (types[0] === 'int8' || types[0] === 'uint8')
        ? null
        : `types ${types.join(', ')}`;
    },
  });

/** Kernels of the filter, each of which makes a channel of the output. */
export interface Kernels {
  readonly outputChannels: number;
}

export interface FilterConstants {
  /** In the order of the filter; the NPU's codes. */
  readonly weights: Int8Array;
  /** One for each output channel. */
  readonly biases: Int32Array;
}

const asInt8 = rememberedOf(
  (data: Uint8Array): Int8Array => new Int8Array(data.buffer, data.byteOffset, data.byteLength),
);

/** Four at a time. */
const flipped = rememberedOf((data: Uint8Array): Int8Array => {
  const words = new DataView(new ArrayBuffer(Math.ceil(data.length / 4) * 4));
  const signed = new Int8Array(words.buffer, 0, data.length);
  signed.set(data);
  for (let at = 0; at < words.byteLength; at += 4) words.setInt32(at, words.getInt32(at) ^ 0x80808080);
  return signed;
});

/** The NPU's codes: int8 as it is, uint8 with the top bit flipped. The same array for the same bytes. */
const signedWeights = (data: Uint8Array, type: ByteTensor['type']): Int8Array =>
  type === 'int8' ? asInt8(data) : flipped(data);

const biasesOf = (data: Uint8Array): Int32Array => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return Int32Array.from({ length: data.byteLength / 4 }, (_, c) => view.getInt32(4 * c, true));
};

export const filterConstants: Narrowing<OpContext & Filtered & Kernels, FilterConstants> = {
  name: 'constants',
  text: 'filter constant; bias absent or a constant int32 vector',
  narrow: ({ input, filter, bias, outputChannels }) => {
    if (input.constant) return 'a constant input';
    if (!filter.constant) return 'a filter that is not constant';
    if (filter.data === null) return 'a sparse filter';
    if (filter.data.byteLength !== elementCount(filter.shape)) return 'filter data of another size';
    const weights = signedWeights(filter.data, filter.type);
    if (bias === null) return { weights, biases: new Int32Array(outputChannels) };
    if (bias.type !== 'int32' || !bias.constant || bias.data === null)
      return `a bias of type ${bias.type} that is not constant`;
    return bias.data.byteLength === 4 * outputChannels
      ? { weights, biases: biasesOf(bias.data) }
      : `a bias of ${bias.data.byteLength} bytes for ${outputChannels} channels`;
  },
};

export interface FilterQuantization {
  readonly inputQuantization: PerTensor;
  /** One, or one for each output channel. */
  readonly filterScales: readonly number[];
  /** As the NPU's signed code. */
  readonly weightZeroPoint: number;
  readonly outputQuantization: PerTensor;
}

/** @param channelAxis where the filter's shape has the output channels */
export const filterQuantization = (
  channelAxis: number,
): Narrowing<OpContext & Filtered & Kernels, FilterQuantization> => ({
  name: 'quantization',
  text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero-points 0',
  narrow: ({ input, filter, output, outputChannels }) => {
    const [inputQuantization, outputQuantization] = [perTensorOf(input), perTensorOf(output)];
    if (inputQuantization === null || outputQuantization === null)
      return 'input or output without one scale and zero-point';
    const known = { inputQuantization, outputQuantization };
    const { scales, zeroPoints, axis } = filter.quantization ?? { scales: [], zeroPoints: [], axis: channelAxis };
    if (scales.length === 0 || scales.some((scale) => !(scale >= 0) || !Number.isFinite(scale)))
      return 'filter scales missing or negative';
    if (filter.type === 'int8' && zeroPoints.some((zero) => zero !== 0))
      return 'an int8 filter with a zero-point other than 0';
    if (filter.type === 'uint8') {
      if (scales.length > 1) return 'a uint8 filter with several scales';
      const own = perTensorOf(filter);
      return own === null
        ? `a filter zero-point of ${zeroPoints[0] ?? 'nothing'} in ${filter.type}`
        : { ...known, filterScales: [own.scale], weightZeroPoint: own.zeroPoint };
    }
    return scales.length === 1 || (scales.length === outputChannels && axis === channelAxis)
      ? { ...known, filterScales: scales, weightZeroPoint: 0 }
      : `${scales.length} filter scales along axis ${axis}`;
  },
});
