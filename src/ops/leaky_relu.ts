/** LEAKY_RELU: the results of TFLite's fixed-point kernel as a table. */
import { leakyReluTable } from '../tflite/activation_tables.js';
import { numbersRule, tableOp } from './table.js';
import type { OpContext } from './shared/rule.js';

const alphaOf = ({ node }: OpContext): number => node.params['alpha'] ?? 0;

export const leakyRelu = tableOp('LEAKY_RELU', (numbers, context) => leakyReluTable(numbers, alphaOf(context)), [
  numbersRule('a finite alpha from 0', (_, context) => {
    const alpha = alphaOf(context);
    return alpha >= 0 && Number.isFinite(alpha) ? null : `alpha ${alpha}`;
  }),
]);
