/** What CONV_2D and DEPTHWISE_CONV_2D have in common: the rules on tensors and numbers, and the lowering. */
import { kernelText, kernelWrong, takesWholeRows, tapSpanWrong } from '../hardware/capability.js';
import { activation, padding } from '../tflite/operators.js';
import { clampFits } from '../requantize/conv_stages.js';
import { shownConvStages } from '../ir/operation_stages.js';
import { clampBehind } from './shared/code_range.js';
import {
  constantsWrong,
  type FilterForm,
  type Lowered,
  numbersWrong,
  quantizationWrong,
  weightedNumbers,
} from './shared/conv_numbers.js';
import { denseFilter } from './dense_filter.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { isStatic, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, outputOf, type Rule } from './shared/rule.js';

const outputLength = (length: number, kernel: number, stride: number, mode: number): number =>
  mode === padding.same ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);

/** TFLite puts the smaller half of SAME padding in front. */
const padBefore = (length: number, kernel: number, stride: number, output: number, mode: number): number =>
  mode === padding.same ? Math.floor(Math.max(0, (output - 1) * stride + kernel - length) / 2) : 0;

export const geometryOf = (context: OpContext): ConvGeometry => {
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

const isGroups = (channels: number | undefined, of: number | undefined): boolean =>
  channels !== undefined && of !== undefined && of >= 1 && channels % of === 0;

/** The channel-wise mode of the MAC array has one output for each input; several are a direct convolution. */
const isChannelWise = (context: OpContext, depthwise: boolean): boolean =>
  depthwise && inputOf(context, 0)?.shape[3] === outputOf(context)?.shape[3];

const formOf = (depthwise: boolean): FilterForm => ({ depthwise, product: 'as-type' });

export const outputShape: Rule = {
  name: 'output-shape',
  text: ({ limits }) =>
    `SAME or VALID padding, and the output shape that follows from it; at most ${limits.pad} rows or columns of padding in front, planes to ${limits.plane}`,
  broken: (context) => {
    const { limits } = context.chip;
    const { padding: mode = 0 } = context.node.params;
    const g = geometryOf(context);
    if (mode !== padding.same && mode !== padding.valid) return `padding of kind ${mode}`;
    const height = outputLength(g.inputHeight, (g.kernelHeight - 1) * g.dilationY + 1, g.strideY, mode);
    const width = outputLength(g.inputWidth, (g.kernelWidth - 1) * g.dilationX + 1, g.strideX, mode);
    if (height !== g.outputHeight || width !== g.outputWidth)
      return `output ${g.outputHeight}x${g.outputWidth} where ${height}x${width} follows`;
    const largest = Math.max(height, width, g.inputHeight, g.inputWidth);
    if (largest > limits.plane) return `a plane of ${largest} rows or columns`;
    return Math.max(g.padTop, g.padLeft) <= limits.pad
      ? null
      : `SAME padding of ${g.padTop} rows above and ${g.padLeft} columns on the left`;
  },
};

/** The rules in the order in which they are asked. */
export const convolutionRules = (depthwise: boolean, form = formOf(depthwise)): readonly Rule[] => [
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
    text: 'static 4-D tensors, as many samples in the output as in the input',
    broken: (context) => {
      const tensors = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
      for (const tensor of tensors) {
        if (tensor === null) return 'a tensor that is missing';
        if (tensor.shape.length !== 4 || !isStatic(tensor)) return `shape ${shapeText(tensor.shape)}`;
      }
      const [from = 0, to = 0] = [tensors[0]?.shape[0], tensors[2]?.shape[0]];
      return from === 1 && to === 1 ? null : `a batch of ${from} to one of ${to}`;
    },
  },
  {
    name: 'constants',
    text: 'filter constant; bias absent or a constant int32 vector',
    broken: (context) => constantsWrong(context, form),
  },
  {
    name: 'quantization',
    text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero-points 0',
    broken: (context) => quantizationWrong(context, form),
  },
  {
    name: 'dilation',
    text: ({ limits }) =>
      `dilation 1 to ${limits.dilation}, the taps of one output value within the convolution buffer`,
    broken: (context) => {
      const { dilationW = 1, dilationH = 1 } = context.node.params;
      if ([dilationH, dilationW].some((rate) => rate < 1 || rate > context.chip.limits.dilation))
        return `dilation ${dilationH}x${dilationW}`;
      return dilationH * dilationW === 1
        ? null
        : tapSpanWrong(context.chip, geometryOf(context), isChannelWise(context, depthwise));
    },
  },
  {
    name: 'stride',
    text: ({ limits }) => `strides 1 to ${limits.stride}`,
    broken: ({ chip: { limits }, node }) => {
      const { strideH = 0, strideW = 0 } = node.params;
      return [strideH, strideW].every((stride) => stride >= 1 && stride <= limits.stride)
        ? null
        : `stride ${strideH}x${strideW}`;
    },
  },
  {
    name: 'channels',
    text: depthwise
      ? 'a whole number of output channels for each input channel'
      : 'as many filter channels as input channels, or as each of several groups of them has',
    broken: (context) => {
      const ic = inputOf(context, 0)?.shape[3];
      const filter = inputOf(context, 1)?.shape ?? [];
      const oc = outputOf(context)?.shape[3];
      if (!depthwise)
        return isGroups(ic, filter[3]) && isGroups(oc, (ic ?? 0) / (filter[3] ?? 1)) && filter[0] === oc
          ? null
          : `${filter[3] ?? 0} filter channels for ${ic ?? 0} input channels`;
      return filter[3] === oc && isGroups(oc, ic) && filter[0] === 1
        ? null
        : `${ic ?? 0} input channels to ${oc ?? 0} output channels`;
    },
  },
  {
    name: 'kernel',
    text: kernelText,
    broken: (context) => kernelWrong(context.chip, geometryOf(context), isChannelWise(context, depthwise)),
  },
  outputShape,
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
    broken: (context) => numbersWrong(weightedNumbers(context, form)),
  },
  {
    name: 'trust',
    text: 'with trust=seen: a form that boards or a shipped compiler have shown and that stays within 1 LSB of TFLite, tasks of whole rows',
    broken: (context) => {
      if (context.trust !== 'seen') return null;
      const g = geometryOf(context);
      if (!takesWholeRows(context.chip, g, isChannelWise(context, depthwise)))
        return `rows of ${g.inputWidth}x${g.inputChannels} that need column tiles`;
      const lowered = weightedNumbers(context, formOf(depthwise));
      return lowered !== null && shownConvStages(lowered.numbers) !== null
        ? null
        : 'no such form for these scales and this activation';
    },
  },
];

/** The convolution, and a clamp behind it where ReLU and an upper limit cannot express the activation. */
export const convolutionOf = (
  base: Pick<ConvOperation, 'nodes' | 'output' | 'input' | 'depthwise' | 'geometry'>,
  { weights, weightZeroPoint, inputZeroPoint, numbers }: Lowered,
): readonly Operation[] => {
  const fits = clampFits(numbers);
  const conv: ConvOperation = {
    ...base,
    kind: 'conv',
    weights,
    weightZeroPoint,
    inputZeroPoint,
    numbers: fits ? numbers : { ...numbers, range: [-128, 127] },
    stages: null,
    residual: null,
  };
  const { nodes, output } = base;
  return fits ? [conv] : [conv, clampBehind(nodes, output, numbers.range)];
};

/** @param whole where other nodes are a part of the convolution: its geometry, and all of them */
export const lowerConvolution = (
  context: OpContext,
  depthwise: boolean,
  whole: Pick<ConvOperation, 'geometry' | 'nodes'> = { geometry: geometryOf(context), nodes: [context.node.index] },
): readonly Operation[] => {
  const lowered = weightedNumbers(context, formOf(depthwise));
  const input = context.node.inputs[0];
  const output = context.node.outputs[0];
  if (lowered === null || input === undefined || output === undefined)
    throw new Error(`${context.node.op} #${context.node.index}: lowered against its rules`);
  const { geometry } = whole;
  const channelWise = isChannelWise(context, depthwise);
  const base = { ...whole, output, input, depthwise: channelWise };
  const { inputChannels, outputChannels } = geometry;
  const taps = geometry.kernelHeight * geometry.kernelWidth;
  if (channelWise || (!depthwise && lowered.weights.length === outputChannels * taps * inputChannels))
    return convolutionOf(base, lowered);
  const weights = denseFilter(lowered.weights, lowered.weightZeroPoint, {
    taps,
    inputChannels,
    outputChannels,
    depthwise,
  });
  return convolutionOf(base, { ...lowered, weights });
};
