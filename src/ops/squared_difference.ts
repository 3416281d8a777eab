/** SQUARED_DIFFERENCE of a feature map and a constant of one value: a table. */
import { squaredDifference as differenceOf, squaredDifferenceFits } from '../tflite/squared_difference.js';
import { tableStages } from '../requantize/table_stages.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, type Check, formOf, type Narrowing } from './shared/match.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import {
  type MatchedOperands,
  type Operands,
  operandsAlike,
  type TwoByteMaps,
  twoByteMaps,
  type TwoQuantizations,
  twoQuantizations,
} from './shared/two_operands.js';
import { int8Only } from './table.js';

const constantOperand: Narrowing<
  OpContext & MatchedOperands,
  { readonly operands: Extract<Operands, { readonly kind: 'constant' }> }
> = {
  name: 'constant',
  text: 'one operand a constant: the square of a difference of two feature maps does not fit between two tasks',
  narrow: ({ operands }) => (operands.kind === 'constant' ? { operands } : 'two feature maps'),
};

/** Of both inputs and the output. */
const numbersOf = ({ firstQuantization, secondQuantization, outputQuantization }: TwoQuantizations) =>
  [firstQuantization, secondQuantization, outputQuantization] as const;

const numbers: Check<TwoByteMaps & TwoQuantizations> = {
  name: 'numbers',
  text: 'the square of twice the larger input scale less than 2^14 of the output scale',
  broken: (known) => (squaredDifferenceFits(...numbersOf(known)) ? null : 'scales too far apart'),
};

export const squaredDifference: OpDefinition = {
  op: 'SQUARED_DIFFERENCE',
  ...formOf(
    anyNode
      .narrow(twoByteMaps)
      .check(int8Only)
      .narrow(operandsAlike('one'))
      .narrow(constantOperand)
      .narrow(twoQuantizations)
      .check(numbers, unseen('the table in int8 tasks')),
    (known) => {
      const {
        node,
        output,
        operands: {
          map,
          codes: [fixed],
          constantFirst,
        },
      } = known;
      const squared = differenceOf(...numbersOf(known));
      const stages = tableStages((code) => (constantFirst ? squared(fixed, code) : squared(code, fixed)));
      return [{ kind: 'scale', nodes: [node.index], input: map.index, output: output.index, stages }];
    },
  ),
};
