/** What CONV_2D and DEPTHWISE_CONV_2D have in common: the rules on tensors and numbers, and the lowering. */
import { kernelText, kernelWrong, takesWholeRows, tapSpanWrong } from '../hardware/capability.js';
import { coveredBy } from '../graph/graph.js';
import { shapeText } from '../graph/tensor.js';
import { padding } from '../tflite/operators.js';
import { clampFits } from '../requantize/conv_stages.js';
import { shownConvStages } from '../ir/operation_stages.js';
import { fusedActivationOf } from './shared/activation.js';
import { clampBehind } from './shared/code_range.js';
import { channelAxis, type FilterForm, filterNumbers, type Lowered } from './shared/conv_numbers.js';
import {
  filterConstants,
  type Filtered,
  filteredBytes,
  filterQuantization,
  inputFirst,
  type Kernels,
} from './shared/filter.js';
import { denseFilter } from './dense_filter.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { anyNode, type Check, formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import { type FourDimensions, fourDimensions } from './shared/four_dimensions.js';

const outputLength = (length: number, kernel: number, stride: number, mode: number): number =>
  mode === padding.same ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);

/** TFLite puts the smaller half of SAME padding in front. */
const padBefore = (length: number, kernel: number, stride: number, output: number, mode: number): number =>
  mode === padding.same ? Math.floor(Math.max(0, (output - 1) * stride + kernel - length) / 2) : 0;

/** Samples, height, width, channels; of the filter what `FilterForm` says. */
export interface Shapes extends Kernels {
  readonly from: FourDimensions;
  readonly kernel: FourDimensions;
  readonly to: FourDimensions;
}

const shapesRule = (depthwise: boolean): Narrowing<OpContext & Filtered, Shapes> => ({
  name: 'shapes',
  text: 'static 4-D tensors, as many samples in the output as in the input',
  narrow: ({ input, filter, output }) => {
    const [from, kernel, to] = [fourDimensions(input), fourDimensions(filter), fourDimensions(output)];
    if (from === null || kernel === null || to === null) {
      const odd = from === null ? input : kernel === null ? filter : output;
      return `shape ${shapeText(odd.shape)}`;
    }
    return from[0] === 1 && to[0] === 1
      ? { from, kernel, to, outputChannels: depthwise ? kernel[3] : kernel[0] }
      : `a batch of ${from[0]} to one of ${to[0]}`;
  },
});

const dilationsOf = ({ node }: OpContext): readonly [number, number] => [
  optionOf(node, 'dilationH', 1),
  optionOf(node, 'dilationW', 1),
];

export const geometryOf = (known: OpContext & Shapes): ConvGeometry => {
  const { node, from, kernel, to } = known;
  const [, inputHeight, inputWidth, inputChannels] = from;
  const [, kernelHeight, kernelWidth] = kernel;
  const [, outputHeight, outputWidth, outputChannels] = to;
  const [mode, strideY, strideX] = [optionOf(node, 'padding'), optionOf(node, 'strideH'), optionOf(node, 'strideW')];
  const [dilationY, dilationX] = dilationsOf(known);
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

interface Window {
  readonly geometry: ConvGeometry;
  /** The channel-wise mode of the MAC array has one output for each input; several are a direct convolution. */
  readonly channelWise: boolean;
}

export type Windowed = OpContext & Filtered & Shapes & Window;

/** How an op's kernel lies over its input. */
export interface WindowForm {
  readonly depthwise: boolean;
  readonly geometryOf: (known: OpContext & Shapes) => ConvGeometry;
  /** The rule on padding and the output's shape. */
  readonly placement: Check<Windowed>;
}

const dilationRule = ({
  depthwise,
  geometryOf: own,
}: WindowForm): Narrowing<OpContext & Filtered & Shapes, Window> => ({
  name: 'dilation',
  text: ({ limits }) => `dilation 1 to ${limits.dilation}, the taps of one output value within the convolution buffer`,
  narrow: (known) => {
    const { chip, from, to } = known;
    const [y, x] = dilationsOf(known);
    if ([y, x].some((rate) => rate < 1 || rate > chip.limits.dilation)) return `dilation ${y}x${x}`;
    const window = { geometry: own(known), channelWise: depthwise && from[3] === to[3] };
    const wrong = y * x === 1 ? null : tapSpanWrong(chip, window.geometry, window.channelWise);
    return wrong ?? window;
  },
});

const strideRule: Check<Windowed> = {
  name: 'stride',
  text: ({ limits }) => `strides 1 to ${limits.stride}`,
  broken: ({ chip: { limits }, geometry: { strideY, strideX } }) =>
    [strideY, strideX].every((stride) => stride >= 1 && stride <= limits.stride)
      ? null
      : `stride ${strideY}x${strideX}`,
};

const isGroups = (channels: number, of: number): boolean => of >= 1 && channels % of === 0;

const channelsRule = (depthwise: boolean): Check<Windowed> => ({
  name: 'channels',
  text: depthwise
    ? 'a whole number of output channels for each input channel'
    : 'as many filter channels as input channels, or as each of several groups of them has',
  broken: ({ kernel, geometry: { inputChannels, outputChannels } }) => {
    if (!depthwise)
      return isGroups(inputChannels, kernel[3]) &&
        isGroups(outputChannels, inputChannels / kernel[3]) &&
        kernel[0] === outputChannels
        ? null
        : `${kernel[3]} filter channels for ${inputChannels} input channels`;
    return kernel[3] === outputChannels && isGroups(outputChannels, inputChannels) && kernel[0] === 1
      ? null
      : `${inputChannels} input channels to ${outputChannels} output channels`;
  },
});

const kernelRule: Check<Windowed> = {
  name: 'kernel',
  text: kernelText,
  broken: ({ chip, geometry, channelWise }) => kernelWrong(chip, geometry, channelWise),
};

const outputShape: Check<Windowed> = {
  name: 'output-shape',
  text: ({ limits }) =>
    `SAME or VALID padding, and the output shape that follows from it; at most ${limits.pad} rows or columns of padding in front, planes to ${limits.plane}`,
  broken: ({ chip: { limits }, node, geometry: g }) => {
    const mode = optionOf(node, 'padding');
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

const trustRule: Check<Windowed & { readonly lowered: Lowered }> = {
  name: 'trust',
  text: 'with trust=seen: a form that boards or a shipped compiler have shown and that stays within 1 LSB of TFLite, tasks of whole rows',
  broken: ({ trust, chip, geometry, channelWise, lowered }) => {
    if (trust !== 'seen') return null;
    if (!takesWholeRows(chip, geometry, channelWise))
      return `rows of ${geometry.inputWidth}x${geometry.inputChannels} that need column tiles`;
    return shownConvStages(lowered.numbers) !== null ? null : 'no such form for these scales and this activation';
  },
};

/** The rules in the order in which they are asked. */
const matcherOf = (window: WindowForm) => {
  const { depthwise, placement } = window;
  const form: FilterForm = { depthwise, product: 'as-type' };
  return anyNode
    .narrow(filteredBytes(inputFirst))
    .narrow(shapesRule(depthwise))
    .narrow(filterConstants)
    .narrow(filterQuantization(channelAxis(depthwise)))
    .narrow(dilationRule(window))
    .check(strideRule, channelsRule(depthwise), kernelRule, placement)
    .narrow(fusedActivationOf('fused activation NONE, RELU, RELU6 or RELU_N1_TO_1'))
    .narrow(filterNumbers(() => form))
    .check(trustRule);
};

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

/** The weights as the hardware's mode takes them. */
const tasksWeights = (depthwise: boolean, { geometry, channelWise }: Window, lowered: Lowered): Int8Array => {
  const { weights, weightZeroPoint } = lowered;
  const { kernelHeight, kernelWidth, inputChannels, outputChannels } = geometry;
  const taps = kernelHeight * kernelWidth;
  return channelWise || (!depthwise && weights.length === outputChannels * taps * inputChannels)
    ? weights
    : denseFilter(weights, weightZeroPoint, { taps, inputChannels, outputChannels, depthwise });
};

/** An op of windows that lie where `window` says. */
export const windowedConvolution = (op: string, window: WindowForm): OpDefinition => ({
  op,
  ...formOf(matcherOf(window), (known) => {
    const { node, input, output, geometry, channelWise, lowered } = known;
    const base = { nodes: coveredBy(node), output: output.index, input: input.index, depthwise: channelWise, geometry };
    return convolutionOf(base, { ...lowered, weights: tasksWeights(window.depthwise, known, lowered) });
  }),
});

export const convolution = (op: string, depthwise: boolean): OpDefinition =>
  windowedConvolution(op, { depthwise, geometryOf, placement: outputShape });
