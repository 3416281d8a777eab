/** ABS: one task that turns the sign below zero, where it gives every code of TFLite's; else a table. */
import { absMultiplier, absTable } from '../tflite/activation_tables.js';
import { int8Only, tableOp } from './table.js';
import { slopeOperations } from './shared/slopes.js';

export const abs = tableOp('ABS', absTable, [int8Only], (numbers, context, fresh) => {
  const multiplier = absMultiplier(numbers);
  return slopeOperations(context, { above: multiplier, below: multiplier }, [-1], fresh);
});
