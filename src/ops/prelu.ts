/**
 * PRELU: one task that has a slope for each side of zero, below it one for each channel, where it gives every code of
 * TFLite's. Else with one alpha a table; with one for each channel x from zero up, brought to the output's scale, and x below zero times
 * alpha, a depthwise 1x1 convolution; one of both is always zero, and they are added. Where no alpha is below zero, the
 * convolution is one of -alpha whose saturation at the least code keeps x to its side, and is taken off. The larger of
 * x and alpha * x would be the same with exact numbers, but not with TFLite's two roundings.
 */
import { type CodeMap, preluMultipliers, preluTable, type TableNumbers } from '../tflite/activation_tables.js';
import { subtractStages } from '../requantize/add_stages.js';
import { scaleStages } from '../requantize/copy_stages.js';
import type { ConvNumbers } from '../requantize/division.js';
import type { QuantizedMultiplier } from '../tflite/multiplier.js';
import type { Stages } from '../requantize/stages.js';
import { tableStages } from '../requantize/table_stages.js';
import { buffer, Spare } from '../ir/build/arrange.js';
import { maps, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { type Lowered, numbersWrong } from './shared/conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { AddOperation, Operation } from '../ir/operation.js';
import { planeOf, quantizationOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, ruledOp, outputOf } from './shared/rule.js';
import { definedCodes, signedMap, tableNumbersOf } from './table.js';
import { slopeOperations } from './shared/slopes.js';
import { constantCodes, isNumbers } from './shared/two_operands.js';

interface Alpha {
  readonly numbers: TableNumbers;
  readonly scale: number;
  /** The NPU's codes, one or one for each channel. */
  readonly codes: readonly number[];
  readonly zeroPoint: number;
}

const alphaOf = (context: OpContext): Alpha | null => {
  const [alpha, numbers] = [inputOf(context, 1), tableNumbersOf(context)];
  if (alpha?.constant !== true || numbers === null) return null;
  return { numbers, codes: constantCodes(alpha), ...quantizationOf(alpha) };
};

/** TFLite's first rounding sends ties up, which its mirror image would send down; no product of two codes is one of these. */
const hasNoTies = ({ mantissa }: QuantizedMultiplier): boolean => mantissa % 2 ** 14 !== 0;

/** Whether the convolution is by -alpha. */
const isMirrored = ({ numbers, scale, codes, zeroPoint }: Alpha): boolean =>
  codes.every((code) => code >= zeroPoint) && hasNoTies(preluMultipliers(numbers, scale).below);

/** The convolution by alpha, or by -alpha with the least code for zero. */
const scaledOf = (context: OpContext): Lowered | null => {
  const [input, output, alpha] = [inputOf(context, 0), outputOf(context), alphaOf(context)];
  if (input === null || output === null || alpha === null) return null;
  const inputZeroPoint = quantizationOf(input).zeroPoint;
  const mirrored = isMirrored(alpha);
  const sided = (code: number): number => (mirrored ? -1 - code : code);
  const [weights, weightZeroPoint] = [Int8Array.from(alpha.codes, sided), sided(alpha.zeroPoint)];
  const numbers: ConvNumbers = {
    multipliers: [preluMultipliers(alpha.numbers, alpha.scale).below],
    bias: Int32Array.from(weights, (weight) => -inputZeroPoint * (weight - weightZeroPoint)),
    dead: Array.from(weights, (weight) => weight === weightZeroPoint),
    outputZeroPoint: mirrored ? -128 : quantizationOf(output).zeroPoint,
    range: [-128, 127],
  };
  return { weights, weightZeroPoint, inputZeroPoint, numbers, reach: 255 * 255 };
};

/** x from zero up. */
const positiveStages = (context: OpContext): Stages | null => {
  const [input, output, alpha] = [inputOf(context, 0), outputOf(context), alphaOf(context)];
  if (input === null || output === null || alpha === null) return null;
  const multiplier = preluMultipliers(alpha.numbers, alpha.scale).above;
  if (multiplier.mantissa === 0 || multiplier.shift > 8) return null;
  const outputZeroPoint = quantizationOf(output).zeroPoint;
  return scaleStages({
    inputZeroPoint: quantizationOf(input).zeroPoint,
    multiplier,
    outputZeroPoint,
    range: [outputZeroPoint, 127],
  });
};

/** Counts as they are. */
const sumNumbers = (firstZeroPoint: number, secondZeroPoint: number): AddOperation['numbers'] => ({
  firstScale: 1,
  firstZeroPoint,
  secondScale: 1,
  secondZeroPoint,
  outputScale: 1,
  outputZeroPoint: firstZeroPoint,
  range: [-128, 127],
});

const perChannel = (context: OpContext, alpha: Alpha): readonly Operation[] => {
  const { node } = context;
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const [scaled, stages] = [scaledOf(context), positiveStages(context)];
  if (input === null || output === null || scaled === null || stages === null)
    throw new Error(`PRELU #${node.index}: lowered against its rules`);
  const nodes = [node.index];
  const plane = planeOf(output);
  const spare = new Spare(context.spare);
  const [above, below] = [buffer(nodes, spare.next(), plane), buffer(nodes, spare.next(), plane)];
  const positive: Operation = { kind: 'scale', nodes, input: input.index, output: above.output, stages };
  const base = { nodes, output: below.output, depthwise: true, geometry: plainGeometry(plane, plane[2]) };
  const both = { nodes, inputs: [above.output, below.output] as const, output: output.index };
  const zero = quantizationOf(output).zeroPoint;
  if (isMirrored(alpha)) {
    const difference = subtractStages(sumNumbers(zero, -128));
    if (difference === null) throw new Error('counts that are as they are have stages');
    const convolution = convolutionOf({ ...base, input: input.index }, scaled);
    return [above, below, positive, ...convolution, { ...both, kind: 'pair', stages: difference }];
  }
  const negative = buffer(nodes, spare.next(), plane);
  const range = [-128, quantizationOf(input).zeroPoint] as const;
  return [
    above,
    below,
    negative,
    positive,
    { kind: 'clamp', nodes, input: input.index, output: negative.output, range },
    ...convolutionOf({ ...base, input: negative.output }, scaled),
    { ...both, kind: 'add', numbers: sumNumbers(zero, zero) },
  ];
};

const isOne = (context: OpContext): boolean => inputOf(context, 1)?.data?.byteLength === 1;

/** With one alpha. */
const oneMapOf = (context: OpContext): CodeMap | null => {
  const alpha = alphaOf(context);
  const [code] = alpha?.codes ?? [];
  return alpha === null || code === undefined ? null : preluTable(alpha.numbers, alpha.scale, code - alpha.zeroPoint);
};

export const prelu = ruledOp({
  op: 'PRELU',
  rules: [
    oneType(maps(0, 1)),
    planes(maps(0)),
    perTensor(maps(0, 1)),
    {
      name: 'alpha',
      text: 'a constant alpha of one value, or of one for each channel',
      broken: (context) => {
        const [alpha, output] = [inputOf(context, 1), outputOf(context)];
        if (alpha?.constant !== true) return 'an alpha that is not constant';
        return isNumbers(alpha, planeOf(output)[2], 'channels')
          ? null
          : `an alpha of ${shapeText(alpha.shape)} for ${shapeText(output?.shape ?? [])}`;
      },
    },
    definedCodes((_, context) => (isOne(context) ? oneMapOf(context) : null)),
    {
      name: 'numbers',
      text: 'with an alpha for each channel: output scale at least 2^-8 of the input scale, and of its product with the scale of alpha',
      broken: (context) => {
        if (isOne(context)) return null;
        return positiveStages(context) === null ? 'scales too far apart' : numbersWrong(scaledOf(context));
      },
    },
    unseen('a slope for each channel, a table in int8 tasks, or a difference'),
  ],
  lower: (context) => {
    const { node } = context;
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const alpha = alphaOf(context);
    if (alpha === null) throw new Error(`PRELU #${node.index}: lowered against its rules`);
    const factors = alpha.codes.map((code) => code - alpha.zeroPoint);
    const native = slopeOperations(
      context,
      preluMultipliers(alpha.numbers, alpha.scale),
      factors,
      new Spare(context.spare),
    );
    if (native !== null) return native;
    if (!isOne(context)) return perChannel(context, alpha);
    const map = oneMapOf(context);
    if (map === null) throw new Error(`PRELU #${node.index}: lowered against its rules`);
    const stages = tableStages(signedMap(map, alpha.numbers.type));
    return [{ kind: 'scale', nodes: [node.index], input, output, stages }];
  },
});
