/** What CONV_2D and DEPTHWISE_CONV_2D have in common: the rules on tensors and numbers, and the lowering. */
import { atoms, limits } from '../hardware/limits.js';
import { activation, padding } from '../model/operators.js';
import { clampFits, seenConvStages } from '../quantize/conv_stages.js';
import type { ConvNumbers } from '../quantize/division.js';
import { activationRange, effectiveScale, quantizeMultiplier } from '../quantize/multiplier.js';
import type { ConvGeometry, Operation } from './operation.js';
import { takesWholeRows } from './whole_rows.js';
import {
  hasPerTensorQuantization,
  inputOf,
  isByteTensor,
  isStatic,
  type OpContext,
  outputOf,
  quantizationOf,
  type Rule,
  shapeText,
  signedCode,
} from './rule.js';

/** Position of the output channel in the filter's shape: OHWI or 1HWC. */
const channelAxis = (depthwise: boolean): number => (depthwise ? 3 : 0);

const outputLength = (length: number, kernel: number, stride: number, mode: number): number =>
  mode === padding.same ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);

/** TFLite puts the smaller half of SAME padding in front. */
const padBefore = (length: number, kernel: number, stride: number, output: number, mode: number): number =>
  mode === padding.same ? Math.floor(Math.max(0, (output - 1) * stride + kernel - length) / 2) : 0;

const geometryOf = (context: OpContext): ConvGeometry => {
  const [, inputHeight = 0, inputWidth = 0, inputChannels = 0] = inputOf(context, 0)?.shape ?? [];
  const [, kernelHeight = 0, kernelWidth = 0] = inputOf(context, 1)?.shape ?? [];
  const [, outputHeight = 0, outputWidth = 0, outputChannels = 0] = outputOf(context)?.shape ?? [];
  const { padding: mode = 0, strideH: strideY = 0, strideW: strideX = 0 } = context.node.params;
  const { dilationH: dilationY = 1, dilationW: dilationX = 1 } = context.node.params;
  return {
    inputHeight,
    inputWidth,
    inputChannels,
    outputHeight,
    outputWidth,
    outputChannels,
    kernelHeight,
    kernelWidth,
    strideY,
    strideX,
    dilationY,
    dilationX,
    padTop: padBefore(inputHeight, (kernelHeight - 1) * dilationY + 1, strideY, outputHeight, mode),
    padLeft: padBefore(inputWidth, (kernelWidth - 1) * dilationX + 1, strideX, outputWidth, mode),
  };
};

interface ChannelWeights {
  /** Sum of (w - zero point). */
  readonly sum: number;
  readonly allZero: boolean;
}

/** One pass over the weights of each output channel; the step between them is 1 (OHWI) or the number of channels (1HWC). */
const channelWeights = (
  weights: Int8Array,
  zeroPoint: number,
  channels: number,
  depthwise: boolean,
): readonly ChannelWeights[] => {
  const perChannel = weights.length / channels;
  const step = depthwise ? channels : 1;
  return Array.from({ length: channels }, (_, c) => {
    let sum = 0;
    let allZero = true;
    for (let i = depthwise ? c : c * perChannel, left = perChannel; left > 0; i += step, left--) {
      const value = (weights[i] ?? 0) - zeroPoint;
      sum += value;
      if (value !== 0) allZero = false;
    }
    return { sum, allZero };
  });
};

/** The NPU's codes: int8 as it is, uint8 with the top bit flipped. */
const signedWeights = (data: Uint8Array, type: 'int8' | 'uint8'): Int8Array => {
  if (type === 'int8') return new Int8Array(data.buffer, data.byteOffset, data.byteLength);
  const signed = new Int8Array(data.length);
  for (let i = 0; i < data.length; i++) signed[i] = (data[i] ?? 0) ^ 0x80;
  return signed;
};

const biasOf = (data: Uint8Array | null, channels: number): Int32Array => {
  const bias = new Int32Array(channels);
  if (data === null) return bias;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let c = 0; c < channels; c++) bias[c] = view.getInt32(4 * c, true);
  return bias;
};

interface Lowered {
  readonly weights: Int8Array;
  readonly weightZeroPoint: number;
  readonly inputZeroPoint: number;
  readonly numbers: ConvNumbers;
  /** Largest absolute value that accumulator and bias together can reach. */
  readonly reach: number;
}

/** @returns null where a tensor is not what the rules before `numbers` ask for */
const numbersOf = (context: OpContext, depthwise: boolean): Lowered | null => {
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
  const weights = signedWeights(filter.data, filter.type);
  const perChannel = channelWeights(weights, weightZeroPoint, channels, depthwise);
  const multipliers = (filter.quantization?.scales ?? []).map((scale) =>
    quantizeMultiplier(effectiveScale(inputScale, scale, outputScale, input.type)),
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
      multipliers,
      bias: folded,
      dead: perChannel.map(({ allZero }, c) => allZero || (multipliers[c] ?? multipliers[0])?.mantissa === 0),
      outputZeroPoint,
      range: [signedCode(range[0], output.type), signedCode(range[1], output.type)],
    },
  };
};

/** The rules in the order in which they are asked. */
export const convolutionRules = (depthwise: boolean): readonly Rule[] => [
  {
    name: 'types',
    text: 'input, filter and output int8, or all three uint8',
    broken: (context) => {
      const types = [inputOf(context, 0), inputOf(context, 1), outputOf(context)].map(
        (tensor) => tensor?.type ?? 'absent',
      );
      return types[0] === types[1] && types[1] === types[2] && (types[0] === 'int8' || types[0] === 'uint8')
        ? null
        : `types ${types.join(', ')}`;
    },
  },
  {
    name: 'shapes',
    text: 'static 4-D tensors, batch 1',
    broken: (context) => {
      const tensors = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
      for (const tensor of tensors) {
        if (tensor === null || tensor.shape.length !== 4 || !isStatic(tensor))
          return `shape ${shapeText(tensor?.shape ?? [])}`;
      }
      return tensors[0]?.shape[0] === 1 && tensors[2]?.shape[0] === 1 ? null : `batch ${tensors[0]?.shape[0] ?? 0}`;
    },
  },
  {
    name: 'constants',
    text: 'filter constant; bias absent or a constant int32 vector',
    broken: (context) => {
      const [input, filter, bias] = [inputOf(context, 0), inputOf(context, 1), inputOf(context, 2)];
      if (input?.constant === true) return 'a constant input';
      if (filter === null || !filter.constant || filter.data === null) return 'a filter that is not constant';
      if (filter.data.byteLength !== filter.shape.reduce((product, dim) => product * dim, 1))
        return 'filter data of another size';
      if (bias === null) return null;
      const channels = filter.shape[channelAxis(depthwise)] ?? 0;
      if (bias.type !== 'int32' || !bias.constant || bias.data === null)
        return `a bias of type ${bias.type} that is not constant`;
      return bias.data.byteLength === 4 * channels
        ? null
        : `a bias of ${bias.data.byteLength} bytes for ${channels} channels`;
    },
  },
  {
    name: 'quantization',
    text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero points 0',
    broken: (context) => {
      const [input, filter, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
      if (input === null || filter === null || output === null) return 'tensors missing';
      if (!hasPerTensorQuantization(input) || !hasPerTensorQuantization(output))
        return 'input or output without one scale and zero point';
      const { scales = [], zeroPoints = [], axis = 0 } = filter.quantization ?? {};
      if (scales.length === 0 || scales.some((scale) => !(scale >= 0) || !Number.isFinite(scale)))
        return 'filter scales missing or negative';
      if (filter.type === 'int8' && zeroPoints.some((zero) => zero !== 0))
        return 'an int8 filter with a zero point other than 0';
      if (scales.length === 1)
        return filter.type === 'int8' || hasPerTensorQuantization(filter) ? null : 'filter zero point outside its type';
      const channels = filter.shape[channelAxis(depthwise)] ?? 0;
      if (filter.type === 'uint8') return 'a uint8 filter with several scales';
      return scales.length === channels && axis === channelAxis(depthwise)
        ? null
        : `${scales.length} filter scales along axis ${axis}`;
    },
  },
  {
    name: 'dilation',
    text: `dilation 1 to ${limits.dilation}; with trust=seen: none, an int8 one was not seen in a shipped driver`,
    broken: ({ node, trust }) => {
      const { dilationW = 1, dilationH = 1 } = node.params;
      const most = trust === 'seen' ? 1 : limits.dilation;
      return [dilationH, dilationW].every((rate) => rate >= 1 && rate <= most)
        ? null
        : `dilation ${dilationH}x${dilationW}`;
    },
  },
  {
    name: 'stride',
    text: `strides 1 to ${limits.stride}`,
    broken: ({ node }) => {
      const { strideH = 0, strideW = 0 } = node.params;
      return [strideH, strideW].every((stride) => stride >= 1 && stride <= limits.stride)
        ? null
        : `stride ${strideH}x${strideW}`;
    },
  },
  {
    name: 'channels',
    text: depthwise ? 'depth multiplier 1' : 'as many filter channels as input channels',
    broken: (context) => {
      const ic = inputOf(context, 0)?.shape[3];
      const filter = inputOf(context, 1)?.shape ?? [];
      const oc = outputOf(context)?.shape[3];
      if (!depthwise)
        return filter[3] === ic && filter[0] === oc
          ? null
          : `${filter[3] ?? 0} filter channels for ${ic ?? 0} input channels`;
      return filter[3] === ic && ic === oc && filter[0] === 1
        ? null
        : `${ic ?? 0} input channels to ${oc ?? 0} output channels`;
    },
  },
  {
    name: 'kernel',
    text: `kernel at most ${limits.kernelSide}x${limits.kernelSide}; at most ${limits.contraction} products for one output value, because partial sums cannot be added on the chip; a group of 32 kernels within ${limits.kernelGroupBytes} bytes of the convolution buffer`,
    broken: (context) => {
      const { kernelHeight, kernelWidth, inputChannels, outputChannels } = geometryOf(context);
      if (Math.max(kernelHeight, kernelWidth) > limits.kernelSide) return `kernel ${kernelHeight}x${kernelWidth}`;
      const window = kernelHeight * kernelWidth;
      const products = window * (depthwise ? 1 : inputChannels);
      if (products > limits.contraction) return `${products} products for one output value`;
      const kernels = depthwise ? 1 : Math.min(atoms.kernels, outputChannels + (outputChannels % 2));
      const lanes = depthwise ? atoms.depthwiseChannels : Math.ceil(inputChannels / atoms.channels) * atoms.channels;
      const group = window * lanes * kernels;
      return group <= limits.kernelGroupBytes ? null : `${group} bytes of weights in a group of ${kernels} kernels`;
    },
  },
  {
    name: 'output-shape',
    text: 'SAME or VALID padding, and the output shape that follows from it',
    broken: (context) => {
      const { padding: mode = 0 } = context.node.params;
      const g = geometryOf(context);
      if (mode !== padding.same && mode !== padding.valid) return `padding ${mode}`;
      const height = outputLength(g.inputHeight, (g.kernelHeight - 1) * g.dilationY + 1, g.strideY, mode);
      const width = outputLength(g.inputWidth, (g.kernelWidth - 1) * g.dilationX + 1, g.strideX, mode);
      if (height !== g.outputHeight || width !== g.outputWidth)
        return `output ${g.outputHeight}x${g.outputWidth} where ${height}x${width} follows`;
      const largest = Math.max(height, width, g.inputHeight, g.inputWidth);
      if (largest > limits.plane) return `a plane of ${largest} rows or columns, more than ${limits.plane}`;
      return Math.max(g.padTop, g.padLeft) <= limits.pad ? null : `padding ${g.padTop}x${g.padLeft}`;
    },
  },
  {
    name: 'activation',
    text: 'fused activation NONE, RELU, RELU6 or RELU_N1_TO_1',
    broken: ({ node }) => {
      const code = node.params['activation'] ?? -1;
      return Object.values(activation).some((known) => known === code) ? null : `activation ${code}`;
    },
  },
  {
    name: 'numbers',
    text: 'sums within int32, output scale at least 2^-8 of input scale times filter scale',
    broken: (context) => {
      const lowered = numbersOf(context, depthwise);
      if (lowered === null) return 'tensors missing';
      if (lowered.reach >= 2 ** 31) return 'a bias with which sums leave int32';
      const steepest = Math.max(
        ...lowered.numbers.multipliers.map(({ mantissa, shift }) => (mantissa === 0 ? -31 : shift)),
      );
      return steepest <= 8 ? null : `an effective scale of 2^${steepest}`;
    },
  },
  {
    name: 'trust',
    text: 'with trust=seen: a form seen on silicon that stays within one count of TFLite, tasks of whole rows',
    broken: (context) => {
      if (context.trust !== 'seen') return null;
      if (depthwise && (inputOf(context, 1)?.quantization?.scales.length ?? 0) > 1)
        return 'operands of a depthwise convolution with several filter scales, whose packing was not seen';
      const g = geometryOf(context);
      if (!takesWholeRows(g, depthwise)) return `rows of ${g.inputWidth}x${g.inputChannels} that need column tiles`;
      const lowered = numbersOf(context, depthwise);
      return lowered !== null && seenConvStages(lowered.numbers) !== null
        ? null
        : 'no such form for these scales and this activation';
    },
  },
];

/** The convolution, and a clamp behind it where ReLU and an upper limit cannot express the activation. */
export const lowerConvolution = (context: OpContext, depthwise: boolean): readonly Operation[] => {
  const lowered = numbersOf(context, depthwise);
  const input = context.node.inputs[0];
  const output = context.node.outputs[0];
  if (lowered === null || input === undefined || output === undefined)
    throw new Error(`${context.node.op} #${context.node.index}: lowered against its rules`);
  const { weights, weightZeroPoint, inputZeroPoint, numbers } = lowered;
  const base = { nodes: [context.node.index], output };
  const fits = clampFits(numbers);
  const conv: Operation = {
    ...base,
    kind: 'conv',
    depthwise,
    input,
    geometry: geometryOf(context),
    weights,
    weightZeroPoint,
    inputZeroPoint,
    numbers: fits ? numbers : { ...numbers, range: [-128, 127] },
    stages: null,
    residual: null,
  };
  return fits ? [conv] : [conv, { ...base, kind: 'clamp', input: output, range: numbers.range }];
};
