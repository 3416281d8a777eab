/** LEAKY_RELU: one task that has a slope for each side of zero, where it gives every code of TFLite's; else a table. */
import { leakyReluTable, preluMultipliers } from '../tflite/activation_tables.js';
import { numbersRule, tableOp } from './table.js';
import { optionOf } from '../graph/options.js';
import type { OpContext } from './shared/rule.js';
import { slopeOperations } from './shared/slopes.js';

const alphaOf = ({ node }: OpContext): number => optionOf(node, 'alpha');

export const leakyRelu = tableOp(
  'LEAKY_RELU',
  (numbers, context) => leakyReluTable(numbers, alphaOf(context)),
  [
    numbersRule('a finite alpha from 0', (_, context) => {
      const alpha = alphaOf(context);
      return alpha >= 0 && Number.isFinite(alpha) ? null : `alpha ${alpha}`;
    }),
  ],
  (numbers, context, fresh) =>
    slopeOperations(context, preluMultipliers(numbers, Math.fround(alphaOf(context))), [1], fresh),
);
