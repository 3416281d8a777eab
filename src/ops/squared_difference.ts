/** SQUARED_DIFFERENCE of a feature map and a constant of one value: a table. */
import { squaredDifference as differenceOf, squaredDifferenceFits } from '../tflite/squared_difference.js';
import { tableStages } from '../requantize/table_stages.js';
import { maps, oneType, perTensor, unseen } from './shared/common_rules.js';
import { quantizationOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';
import { int8Only } from './table.js';
import { constantCodes, isConstantFirst, operandsAlike, sides } from './shared/two_operands.js';

/** Of both inputs and the output. */
const numbersOf = (context: OpContext) => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  if (first === null || second === null || output === null) return null;
  return [quantizationOf(first), quantizationOf(second), quantizationOf(output)] as const;
};

export const squaredDifference: OpDefinition = {
  op: 'SQUARED_DIFFERENCE',
  rules: [
    oneType(maps(0, 1)),
    int8Only,
    operandsAlike('one'),
    {
      name: 'constant',
      text: 'one operand a constant: the square of a difference of two feature maps does not fit between two tasks',
      broken: (context) => (sides(context)[1] === null ? 'two feature maps' : null),
    },
    perTensor(maps(0, 1)),
    {
      name: 'numbers',
      text: 'the square of twice the larger input scale less than 2^14 of the output scale',
      broken: (context) => {
        const numbers = numbersOf(context);
        return numbers !== null && squaredDifferenceFits(...numbers) ? null : 'scales too far apart';
      },
    },
    unseen('the table in int8 tasks'),
  ],
  lower: (context) => {
    const { node } = context;
    const [[map, constant], numbers] = [sides(context), numbersOf(context)];
    if (map === null || constant === null || numbers === null)
      throw new Error(`SQUARED_DIFFERENCE #${node.index}: lowered against its rules`);
    const squared = differenceOf(...numbers);
    const [fixed = 0] = constantCodes(constant);
    const stages = tableStages((code) => (isConstantFirst(context) ? squared(fixed, code) : squared(code, fixed)));
    return [{ kind: 'scale', nodes: [node.index], input: map.index, output: node.outputs[0] ?? -1, stages }];
  },
};
