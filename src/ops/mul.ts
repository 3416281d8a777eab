/** MUL by a constant, one for all values or one for each channel: a depthwise 1x1 convolution whose weights it is. */
import type { ConvNumbers } from '../quantize/division.js';
import { quantizeMultiplier } from '../quantize/multiplier.js';
import { codeRange } from './code_range.js';
import { knownActivation, oneType, unseen } from './common_rules.js';
import { numbersWrong } from './conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from './copy.js';
import {
  hasPerTensorQuantization,
  inputOf,
  type OpContext,
  type OpDefinition,
  outputOf,
  planeOf,
  quantizationOf,
} from './rule.js';
import { constantCodes, operandsAlike, sides } from './two_operands.js';

const loweredOf = (context: OpContext) => {
  const [map, constant] = sides(context);
  const output = outputOf(context);
  const range = codeRange(output, context.node.params['activation'] ?? 0);
  if (map === null || constant === null || output === null || range === null) return null;
  const [, , channels] = planeOf(map);
  const [x, c, y] = [quantizationOf(map), quantizationOf(constant), quantizationOf(output)];
  const codes = constantCodes(constant);
  const weights = Int8Array.from({ length: channels }, (_, channel) => codes[codes.length === 1 ? 0 : channel] ?? 0);
  // TFLite multiplies and divides the scales as float32.
  const multiplier = quantizeMultiplier(Math.fround(Math.fround(x.scale * c.scale) / y.scale));
  const numbers: ConvNumbers = {
    multipliers: [multiplier],
    bias: Int32Array.from(weights, (weight) => -x.zeroPoint * (weight - c.zeroPoint)),
    dead: Array.from(weights, (weight) => weight === c.zeroPoint),
    outputZeroPoint: y.zeroPoint,
    range,
  };
  return { weights, weightZeroPoint: c.zeroPoint, inputZeroPoint: x.zeroPoint, numbers, reach: 255 * 255 };
};

export const mul: OpDefinition = {
  op: 'MUL',
  rules: [
    oneType((context) => [inputOf(context, 0), inputOf(context, 1), outputOf(context)]),
    operandsAlike('channels'),
    {
      name: 'constant',
      text: 'one operand constant',
      broken: (context) => (sides(context)[1] === null ? 'two feature maps' : null),
    },
    {
      name: 'quantization',
      text: 'one scale and one zero point for each tensor',
      broken: (context) =>
        [inputOf(context, 0), inputOf(context, 1), outputOf(context)].every(
          (tensor) => tensor !== null && hasPerTensorQuantization(tensor),
        )
          ? null
          : 'a tensor without',
    },
    knownActivation,
    {
      name: 'numbers',
      text: 'output scale at least 2^-8 of the product of the two scales',
      broken: (context) => numbersWrong(loweredOf(context)),
    },
    unseen('a constant as weights'),
  ],
  lower: (context) => {
    const lowered = loweredOf(context);
    const [map] = sides(context);
    if (lowered === null || map === null) throw new Error(`MUL #${context.node.index}: lowered against its rules`);
    const plane = planeOf(map);
    const base = { nodes: [context.node.index], input: map.index, output: context.node.outputs[0] ?? -1 };
    return convolutionOf({ ...base, depthwise: true, geometry: plainGeometry(plane, plane[2]) }, lowered);
  },
};
