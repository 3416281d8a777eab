/**
 * What the author of a model can change where a rule refuses a node: by the rule's name, for rules that say nothing of
 * their own.
 */
import { isByteTensor } from '../../graph/tensor.js';
import { inputOf, type OpContext, outputOf, type RuleText } from './rule.js';

const quantizeFully =
  'quantize the model to int8: convert with full-integer quantization and a representative data set (TFLITE_BUILTINS_INT8)';

const typesAdvice = (context: OpContext): string => {
  const { node, graph } = context;
  const types = [...node.inputs, ...node.outputs].map((tensor) => graph.tensors.get(tensor)?.type);
  if (node.op === 'QUANTIZE' && inputOf(context, 0)?.type === 'float32') {
    return graph.nodes.some(({ outputs }) => outputs.some((tensor) => tensor === node.inputs[0]))
      ? 'it comes with the float op in front of it: replace that by one that can be quantized'
      : 'set inference_input_type to int8 or uint8 in the converter: then the model takes bytes and needs no QUANTIZE';
  }
  if (isByteTensor(inputOf(context, 0)) && isByteTensor(outputOf(context)))
    return 'keep int8 (or uint8) throughout: convert the model as a whole, not in pieces of several types';
  if (types.includes('float32')) return quantizeFully;
  return 'use int8 activations: neither 16x8 quantization nor integer arithmetic of other types runs on the NPU';
};

const advices: Readonly<Record<string, string | ((context: OpContext) => string)>> = {
  activation: 'fuse RELU, RELU6 or nothing; another activation becomes an op of its own (TANH, LOGISTIC, HARD_SWISH)',
  alpha: 'share alpha over height and width (shared_axes=[1, 2] in Keras), as a constant',
  axes: 'reduce over height, width or both, with constant axes and the channels last',
  axis: 'join or split along height, width or channels, with a batch of 1',
  batch: 'run fewer samples at a time: a batch of 1 costs nothing',
  block: 'take a smaller block, or two steps in sequence',
  channels: 'give every group as many channels: input and output channels whole multiples of the groups',
  constant: 'use SUB, and MUL of the result with itself',
  constants: 'freeze the weights: filter and bias must be constants of the file',
  dilation: 'dilate less, or stack two convolutions',
  exactness: 'resize by a power of two, or by odd factors in uint8',
  factors: 'resize by a whole factor to 16, or by TRANSPOSE_CONV',
  filter: 'use a plain dense layer, without shuffled weights, on a flat input',
  kernel: 'take a smaller kernel or fewer input channels, or two convolutions in sequence',
  numbers: 'quantize again with representative data: the scales of input and output are too far apart',
  order: 'export the model in NHWC, or transpose only its inputs and outputs between NCHW and NHWC',
  'output-shape': 'use SAME or VALID padding, and a PAD in front for any other',
  padding: 'pad height and width alone, by constant and smaller amounts',
  plane: 'reduce in two steps, of fewer rows and columns each',
  quantization:
    "quantize activations with one scale for a tensor, filters symmetrically for each channel: the converter's default",
  shape: 'give the shape as a constant: convert with a fixed input size and batch',
  shapes: 'convert with a fixed input size; feature maps are batch, height, width, channels with the channels last',
  slices: 'slice at constant places with steps of 1, and keep the channels last',
  stride: 'take a smaller stride, and a pool or a second convolution behind it',
  trust: 'allow inferred forms: leave out --trust seen (option trust)',
  types: typesAdvice,
  window: 'take a smaller window or stride, or two pools in sequence',
};

/** @returns undefined where nothing is known to help */
export const adviceOf = (rule: RuleText, context: OpContext): string | undefined => {
  const advice = rule.advice ?? advices[rule.name];
  return typeof advice === 'function' ? advice(context) : advice;
};
