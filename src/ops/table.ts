/** Ops that give each code of one tensor another code: one task through the DPU's table, exact for any function. */
import { type CodeMap, isDefined, type TableNumbers } from '../tflite/activation_tables.js';
import { tableStages } from '../requantize/table_stages.js';
import { maps, oneType, perTensor, planes, unseen } from './shared/common_rules.js';
import { isByteTensor } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, type Rule } from './shared/rule.js';

/** @returns null where the rules before it do not hold */
export const tableNumbersOf = (context: OpContext): TableNumbers | null => {
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  if (!isByteTensor(input) || !isByteTensor(output)) return null;
  return {
    type: input.type,
    inputScale: input.quantization?.scales[0] ?? 1,
    inputZeroPoint: input.quantization?.zeroPoints[0] ?? 0,
    outputScale: output.quantization?.scales[0] ?? 1,
    outputZeroPoint: output.quantization?.zeroPoints[0] ?? 0,
    numerics: context.graph.numerics,
  };
};

/** The NPU's codes are signed: a uint8 code less 128. */
export const signedMap =
  (map: CodeMap, type: TableNumbers['type']): CodeMap =>
  (code) =>
    type === 'uint8' ? map(code + 128) - 128 : map(code);

export interface TableOp extends OpDefinition {
  /** The tensor's codes to those of the output, as TFLite's kernel computes them. */
  readonly mapOf: (numbers: TableNumbers, context: OpContext) => CodeMap;
}

/** @param mapOf the tensor's codes to those of the output, as TFLite's kernel computes them */
export const tableOp = (op: string, mapOf: TableOp['mapOf'], more: readonly Rule[] = []): TableOp => ({
  op,
  mapOf,
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    ...more,
    definedCodes((numbers, context) => mapOf(numbers, context)),
    unseen('the table in int8 tasks'),
  ],
  lower: (context) => {
    const { node } = context;
    const [input, numbers] = [node.inputs[0], tableNumbersOf(context)];
    if (input === undefined || numbers === null) throw new Error(`${op} #${node.index}: lowered against its rules`);
    return [
      {
        kind: 'scale',
        nodes: [node.index],
        input,
        output: node.outputs[0] ?? -1,
        stages: tableStages(signedMap(mapOf(numbers, context), numbers.type)),
      },
    ];
  },
});

/** A rule on the numbers of both tensors. */
export const numbersRule = (
  text: string,
  wrong: (numbers: TableNumbers, context: OpContext) => string | null,
): Rule => ({
  name: 'numbers',
  text,
  broken: (context) => {
    const numbers = tableNumbersOf(context);
    return numbers === null ? 'tensors missing' : wrong(numbers, context);
  },
});

/** @param mapOf null where there is nothing to ask */
export const definedCodes = (mapOf: (numbers: TableNumbers, context: OpContext) => CodeMap | null): Rule =>
  numbersRule(
    "results that the integers of TFLite's kernel hold before they are limited, for every code",
    (numbers, context) => {
      const map = mapOf(numbers, context);
      return map === null || isDefined(map, numbers.type)
        ? null
        : `scales ${numbers.inputScale} to ${numbers.outputScale}`;
    },
  );

/** TFLite's kernel has no other type. */
export const int8Only = numbersRule('int8, as in TFLite', ({ type }) => (type === 'int8' ? null : `type ${type}`));

/** For kernels that stop the interpreter at a negative number. */
export const noNegatives = numbersRule('no codes below the zero point: TFLite fails at them', ({ inputZeroPoint }) =>
  inputZeroPoint === -128 ? null : `an input zero point of ${inputZeroPoint}`,
);
