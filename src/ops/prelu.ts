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
import { buffer, type Plane, type FreshIds } from '../ir/build/arrange.js';
import { maps, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { type Lowered, numbersWrong } from './shared/conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { AddOperation, Operation } from '../ir/operation.js';
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf, planeOf, shapeText } from '../graph/tensor.js';
import { anyNode, established, formOf, type Known, type Narrowing } from './shared/match.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';
import { definedCodes, type Mapped, numbersOf, signedMap } from './table.js';
import { slopeOperations } from './shared/slopes.js';
import type { ByteMaps, QuantizedMaps } from './shared/unary.js';
import { constantCodes, isNumbers } from './shared/two_operands.js';

interface Tensors extends ByteMaps {
  readonly alpha: ByteTensor;
}

const types = established(oneType(maps(0, 1)), (context: OpContext): Tensors | null => {
  const [input, alpha, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  return isByteTensor(input) && isByteTensor(alpha) && isByteTensor(output) ? { input, alpha, output } : null;
});

const plane = established(planes(maps(0)), ({ output }: OpContext & Tensors): { readonly plane: Plane } => ({
  plane: planeOf(output),
}));

interface Quantizations extends QuantizedMaps {
  readonly alphaQuantization: PerTensor;
}

const quantizations = established(
  perTensor(maps(0, 1)),
  ({ input, alpha, output }: OpContext & Tensors): Quantizations | null => {
    const [x, a, y] = [perTensorOf(input), perTensorOf(alpha), perTensorOf(output)];
    return x === null || a === null || y === null
      ? null
      : { inputQuantization: x, alphaQuantization: a, outputQuantization: y };
  },
);

interface Slopes {
  readonly numbers: TableNumbers;
  /** The NPU's codes of alpha, one or one for each channel. */
  readonly codes: readonly number[];
  /** With one alpha: TFLite's code of each code; null: there is one for each channel. */
  readonly map: CodeMap | null;
}

type Sloped = Mapped & Tensors & Quantizations & Slopes;

const alphaRule: Narrowing<Mapped & Tensors & Quantizations & { readonly plane: Plane }, Slopes> = {
  name: 'alpha',
  text: 'a constant alpha of one value, or of one for each channel',
  narrow: (known) => {
    const { alpha, output, alphaQuantization } = known;
    if (!alpha.constant) return 'an alpha that is not constant';
    const codes = isNumbers(alpha, known.plane[2], 'channels') ? constantCodes(alpha) : [];
    const [code, ...more] = codes;
    if (code === undefined) return `an alpha of ${shapeText(alpha.shape)} for ${shapeText(output.shape)}`;
    const numbers = numbersOf(known);
    const { scale, zeroPoint } = alphaQuantization;
    return { numbers, codes, map: more.length === 0 ? preluTable(numbers, scale, code - zeroPoint) : null };
  },
};

const multipliersOf = ({ numbers, alphaQuantization }: Sloped) => preluMultipliers(numbers, alphaQuantization.scale);

/** TFLite's first rounding sends ties up, which its mirror image would send down; no product of two codes is one of these. */
const hasNoTies = ({ mantissa }: QuantizedMultiplier): boolean => mantissa % 2 ** 14 !== 0;

/** Whether the convolution is by -alpha. */
const isMirrored = (known: Sloped): boolean =>
  known.codes.every((code) => code >= known.alphaQuantization.zeroPoint) && hasNoTies(multipliersOf(known).below);

/** The convolution by alpha, or by -alpha with the least code for zero. */
const scaledOf = (known: Sloped, mirrored: boolean): Lowered => {
  const { codes, alphaQuantization, inputQuantization, outputQuantization } = known;
  const inputZeroPoint = inputQuantization.zeroPoint;
  const sided = (code: number): number => (mirrored ? -1 - code : code);
  const [weights, weightZeroPoint] = [Int8Array.from(codes, sided), sided(alphaQuantization.zeroPoint)];
  const numbers: ConvNumbers = {
    multipliers: [multipliersOf(known).below],
    bias: Int32Array.from(weights, (weight) => -inputZeroPoint * (weight - weightZeroPoint)),
    dead: Array.from(weights, (weight) => weight === weightZeroPoint),
    outputZeroPoint: mirrored ? -128 : outputQuantization.zeroPoint,
    range: [-128, 127],
  };
  return { weights, weightZeroPoint, inputZeroPoint, numbers, reach: 255 * 255 };
};

/** x from zero up. */
const positiveStages = (known: Sloped): Stages | null => {
  const { inputQuantization, outputQuantization } = known;
  const multiplier = multipliersOf(known).above;
  if (multiplier.mantissa === 0 || multiplier.shift > 8) return null;
  return scaleStages({
    inputZeroPoint: inputQuantization.zeroPoint,
    multiplier,
    outputZeroPoint: outputQuantization.zeroPoint,
    range: [outputQuantization.zeroPoint, 127],
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

/** How alpha becomes tasks, where no task has both slopes. */
type Parts =
  | { readonly kind: 'table'; readonly map: CodeMap }
  /** x from zero up and x below it, `scaled`, which are added; or with the convolution by -alpha taken off, by `difference`. */
  | {
      readonly kind: 'sides';
      readonly positive: Stages;
      readonly scaled: Lowered;
      readonly difference: Stages | null;
    };

const partsRule: Narrowing<Sloped, { readonly parts: Parts }> = {
  name: 'numbers',
  text: 'with an alpha for each channel: output scale at least 2^-8 of the input scale, and of its product with the scale of alpha',
  narrow: (known) => {
    const { map, outputQuantization } = known;
    if (map !== null) return { parts: { kind: 'table', map } };
    const [positive, mirrored] = [positiveStages(known), isMirrored(known)];
    const difference = mirrored ? subtractStages(sumNumbers(outputQuantization.zeroPoint, -128)) : null;
    if (positive === null || (mirrored && difference === null)) return 'scales too far apart';
    const scaled = scaledOf(known, mirrored);
    return numbersWrong(scaled) ?? { parts: { kind: 'sides', positive, scaled, difference } };
  },
};

const matcher = anyNode
  .narrow(types)
  .narrow(plane)
  .narrow(quantizations)
  .narrow(alphaRule)
  .check(definedCodes((_, { map }) => map))
  .narrow(partsRule)
  .check(unseen('a slope for each channel, a table in int8 tasks, or a difference'));

const bothSides = (
  known: Known<typeof matcher>,
  { positive: stages, scaled, difference }: Extract<Parts, { readonly kind: 'sides' }>,
  fresh: FreshIds,
): readonly Operation[] => {
  const { node, input, output, inputQuantization, outputQuantization } = known;
  const nodes = [node.index];
  const [above, below] = [buffer(nodes, fresh.next(), known.plane), buffer(nodes, fresh.next(), known.plane)];
  const positive: Operation = { kind: 'scale', nodes, input: input.index, output: above.output, stages };
  const geometry = plainGeometry(known.plane, known.plane[2]);
  const base = { nodes, output: below.output, depthwise: true, geometry };
  const both = { nodes, inputs: [above.output, below.output] as const, output: output.index };
  if (difference !== null) {
    const convolution = convolutionOf({ ...base, input: input.index }, scaled);
    return [above, below, positive, ...convolution, { ...both, kind: 'pair', stages: difference }];
  }
  const negative = buffer(nodes, fresh.next(), known.plane);
  const range = [-128, inputQuantization.zeroPoint] as const;
  const zero = outputQuantization.zeroPoint;
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

const operationsOf = (known: Known<typeof matcher>, fresh: FreshIds): readonly Operation[] => {
  const { node, input, output, codes, alphaQuantization, parts } = known;
  const factors = codes.map((code) => code - alphaQuantization.zeroPoint);
  const native = slopeOperations(known, multipliersOf(known), factors, fresh);
  if (native !== null) return native;
  if (parts.kind === 'sides') return bothSides(known, parts, fresh);
  const stages = tableStages(signedMap(parts.map, input.type));
  return [{ kind: 'scale', nodes: [node.index], input: input.index, output: output.index, stages }];
};

export const prelu: OpDefinition = { op: 'PRELU', ...formOf(matcher, operationsOf) };
