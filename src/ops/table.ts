/** Ops that give each code of one tensor another code: one task through the DPU's table, exact for any function. */
import { type CodeMap, isDefined, type TableNumbers } from '../tflite/activation_tables.js';
import { tableStages } from '../requantize/table_stages.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, type Check, formOf } from './shared/match.js';
import { type ByteMaps, byteMaps, planeMaps, type QuantizedMaps, quantizedMaps } from './shared/unary.js';
import { type ByteTensor, isByteTensor, perTensorOf } from '../graph/tensor.js';
import type { FreshIds } from '../ir/build/arrange.js';
import type { Operation } from '../ir/operation.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

/** One tensor to another, each of one scale. */
export type Mapped = OpContext & ByteMaps & QuantizedMaps;

/** What a table is calculated from, in the tensors' own codes. */
export const numbersOf = (known: Mapped): TableNumbers => ({
  type: known.input.type,
  inputScale: known.inputQuantization.scale,
  inputZeroPoint: known.inputQuantization.stored,
  outputScale: known.outputQuantization.scale,
  outputZeroPoint: known.outputQuantization.stored,
  numerics: known.graph.numerics,
});

/** @returns null where the rules before it do not hold */
export const tableNumbersOf = (context: OpContext): TableNumbers | null => {
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  if (!isByteTensor(input) || !isByteTensor(output)) return null;
  const [inputQuantization, outputQuantization] = [perTensorOf(input), perTensorOf(output)];
  return inputQuantization === null || outputQuantization === null
    ? null
    : numbersOf({ ...context, input, output, inputQuantization, outputQuantization });
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

/** The op without a table; null where that would not give every code. */
export type WithoutTable = (numbers: TableNumbers, known: Mapped, fresh: FreshIds) => readonly Operation[] | null;

/** @param mapOf the tensor's codes to those of the output, as TFLite's kernel computes them */
export const tableOp = (
  op: string,
  mapOf: TableOp['mapOf'],
  more: readonly Check<Mapped>[] = [],
  withoutTable: WithoutTable = () => null,
): TableOp => ({
  op,
  mapOf,
  ...formOf(
    anyNode
      .narrow(byteMaps)
      .narrow(planeMaps)
      .narrow(quantizedMaps)
      .check(...more, definedCodes(mapOf), unseen('the table in int8 tasks')),
    (known, fresh) => {
      const { node, input, output } = known;
      const numbers = numbersOf(known);
      const native = withoutTable(numbers, known, fresh);
      if (native !== null) return native;
      const stages = tableStages(signedMap(mapOf(numbers, known), input.type));
      return [{ kind: 'scale', nodes: [node.index], input: input.index, output: output.index, stages }];
    },
  ),
});

/** A rule on the numbers of both tensors. */
export const numbersRule = <Known extends Mapped>(
  text: string,
  wrong: (numbers: TableNumbers, known: Known) => string | null,
): Check<Known> => ({ name: 'numbers', text, broken: (known) => wrong(numbersOf(known), known) });

/** @param mapOf null where there is nothing to ask */
export const definedCodes = <Known extends Mapped>(
  mapOf: (numbers: TableNumbers, known: Known) => CodeMap | null,
): Check<Known> =>
  numbersRule(
    "results that the integers of TFLite's kernel hold before they are limited, for every code",
    (numbers, known) => {
      const map = mapOf(numbers, known);
      return map === null || isDefined(map, numbers.type)
        ? null
        : `scales ${numbers.inputScale} to ${numbers.outputScale}`;
    },
  );

/** TFLite's kernel has no other type. */
export const int8Only: Check<{ readonly output: ByteTensor }> = {
  name: 'numbers',
  text: 'int8, as in TFLite',
  broken: ({ output }) => (output.type === 'int8' ? null : `type ${output.type}`),
};

/** For kernels that stop the interpreter at a negative number. */
export const noNegatives = numbersRule('no codes below the zero-point: TFLite fails at them', ({ inputZeroPoint }) =>
  inputZeroPoint === -128 ? null : `an input zero-point of ${inputZeroPoint}`,
);
