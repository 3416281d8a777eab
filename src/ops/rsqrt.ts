/** RSQRT: the results of TFLite's fixed-point kernel as a table. */
import { inverseRootFits, inverseRootTable } from '../tflite/root_tables.js';
import { int8Only, noNegatives, numbersRule, tableOp } from './table.js';

export const rsqrt = tableOp('RSQRT', inverseRootTable, [
  int8Only,
  noNegatives,
  numbersRule('1 / (sqrt(input scale) * output scale) from 2^-12 to 2^20', (numbers) =>
    inverseRootFits(numbers) ? null : `scales ${numbers.inputScale} and ${numbers.outputScale}`,
  ),
]);
