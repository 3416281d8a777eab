/**
 * PRELU. One alpha: a table. One for each channel: P is x brought to the output's scale, N is x times alpha, a depthwise 1x1
 * convolution. Where no alpha is above 1, the result is the larger of both; where none is below 1, the smaller; else both
 * are kept to their side of zero and added.
 */
import type { Tensor } from '../model/graph.js';
import { preluMultipliers, preluTable, type TableNumbers } from '../quantize/activation_tables.js';
import { extremeStages } from '../quantize/add_stages.js';
import { scaleStages } from '../quantize/copy_stages.js';
import type { ConvNumbers } from '../quantize/division.js';
import type { Stages } from '../quantize/stages.js';
import { tableStages } from '../quantize/table_stages.js';
import { buffer, Spare } from './arrange.js';
import { maps, oneType, perTensor, planes, unseen } from './common_rules.js';
import { type Lowered, numbersWrong } from './conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from './copy.js';
import type { AddOperation, Operation, PairOperation } from './operation.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf, quantizationOf, shapeText } from './rule.js';
import { signedMap, tableNumbersOf } from './table.js';
import { constantCodes, isChannelConstant } from './two_operands.js';

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

/** N's weights and numbers, without a limit to its codes. */
const scaledOf = (context: OpContext): Lowered | null => {
  const [input, output, alpha] = [inputOf(context, 0), outputOf(context), alphaOf(context)];
  if (input === null || output === null || alpha === null) return null;
  const [x, y] = [quantizationOf(input), quantizationOf(output)];
  const weights = Int8Array.from(alpha.codes);
  const numbers: ConvNumbers = {
    multipliers: [preluMultipliers(alpha.numbers, alpha.scale).below],
    bias: Int32Array.from(weights, (weight) => -x.zeroPoint * (weight - alpha.zeroPoint)),
    dead: Array.from(weights, (weight) => weight === alpha.zeroPoint),
    outputZeroPoint: y.zeroPoint,
    range: [-128, 127],
  };
  return { weights, weightZeroPoint: alpha.zeroPoint, inputZeroPoint: x.zeroPoint, numbers, reach: 255 * 255 };
};

/** P, from `low` on. */
const rescaled = (context: OpContext, low: number): Stages | null => {
  const [input, output, alpha] = [inputOf(context, 0), outputOf(context), alphaOf(context)];
  if (input === null || output === null || alpha === null) return null;
  const multiplier = preluMultipliers(alpha.numbers, alpha.scale).above;
  if (multiplier.mantissa === 0 || multiplier.shift > 8) return null;
  return scaleStages({
    inputZeroPoint: quantizationOf(input).zeroPoint,
    multiplier,
    outputZeroPoint: quantizationOf(output).zeroPoint,
    range: [low, 127],
  });
};

/** Which of P and N is the result wherever they differ; null where that depends on the channel. */
const extremeOf = ({ codes, zeroPoint, scale }: Alpha): 'max' | 'min' | null => {
  const slopes = codes.map((code) => (code - zeroPoint) * scale);
  if (slopes.every((slope) => slope <= 1)) return 'max';
  return slopes.every((slope) => slope >= 1) ? 'min' : null;
};

/** Whether P is x itself. */
const keepsCodes = (input: Tensor, output: Tensor): boolean => {
  const [x, y] = [quantizationOf(input), quantizationOf(output)];
  return x.scale === y.scale && x.zeroPoint === y.zeroPoint;
};

/** N and P, and what takes both. */
const perChannel = (context: OpContext, alpha: Alpha): readonly Operation[] => {
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const scaled = scaledOf(context);
  const extreme = extremeOf(alpha);
  const zero = output === null ? 0 : quantizationOf(output).zeroPoint;
  const stages = rescaled(context, extreme === null ? zero : -128);
  if (input === null || output === null || scaled === null || stages === null)
    throw new Error(`PRELU #${context.node.index}: lowered against its rules`);
  const nodes = [context.node.index];
  const plane = planeOf(output);
  const spare = new Spare(context.spare);
  const negative = buffer(nodes, spare.next(), plane);
  const operations: Operation[] = [negative];
  let [source, positive] = [input.index, input.index];
  if (extreme === null || !keepsCodes(input, output)) {
    const own = buffer(nodes, spare.next(), plane);
    operations.push(own, { kind: 'scale', nodes, input: input.index, output: own.output, stages });
    positive = own.output;
  }
  if (extreme === null) {
    const below = buffer(nodes, spare.next(), plane);
    const range = [-128, quantizationOf(input).zeroPoint] as const;
    operations.push(below, { kind: 'clamp', nodes, input: source, output: below.output, range });
    source = below.output;
  }
  const base = { nodes, input: source, output: negative.output, depthwise: true };
  operations.push(...convolutionOf({ ...base, geometry: plainGeometry(plane, plane[2]) }, scaled));
  const both = { nodes, inputs: [positive, negative.output] as const, output: output.index };
  const pair: PairOperation | AddOperation =
    extreme === null
      ? { ...both, kind: 'add', numbers: sumNumbers(zero) }
      : { ...both, kind: 'pair', stages: extremeStages(extreme) };
  return [...operations, pair];
};

/** a + b - zero: one of them is zero wherever this is asked. */
const sumNumbers = (zero: number): AddOperation['numbers'] => ({
  firstScale: 1,
  firstZeroPoint: zero,
  secondScale: 1,
  secondZeroPoint: zero,
  outputScale: 1,
  outputZeroPoint: zero,
  range: [-128, 127],
});

const isOne = (context: OpContext): boolean => inputOf(context, 1)?.data?.byteLength === 1;

export const prelu: OpDefinition = {
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
        return isChannelConstant(alpha, planeOf(output)[2], 'channels')
          ? null
          : `an alpha of ${shapeText(alpha.shape)} for ${shapeText(output?.shape ?? [])}`;
      },
    },
    {
      name: 'numbers',
      text: 'with an alpha for each channel: output scale at least 2^-8 of the input scale, and of its product with the scale of alpha',
      broken: (context) => {
        if (isOne(context)) return null;
        return rescaled(context, -128) === null ? 'scales too far apart' : numbersWrong(scaledOf(context));
      },
    },
    unseen('a table in int8 tasks, or a maximum'),
  ],
  lower: (context) => {
    const { node } = context;
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const alpha = alphaOf(context);
    if (alpha === null) throw new Error(`PRELU #${node.index}: lowered against its rules`);
    if (!isOne(context)) return perChannel(context, alpha);
    const map = preluTable(alpha.numbers, alpha.scale, (alpha.codes[0] ?? 0) - alpha.zeroPoint);
    const stages = tableStages(signedMap(map, alpha.numbers.type));
    return [{ kind: 'scale', nodes: [node.index], input, output, stages }];
  },
};
