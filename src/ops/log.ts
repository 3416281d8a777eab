/** LOG: TFLite's own table of 256 entries; what has no logarithm gives the least code. */
import { floatTable } from '../tflite/activation_tables.js';
import { int8Only, tableOp } from './table.js';

const { fround } = Math;

export const log = tableOp(
  'LOG',
  (numbers) => {
    const least = fround(fround(-128 - numbers.outputZeroPoint) * numbers.outputScale);
    return floatTable(numbers, (x) => (x <= 0 ? least : Math.log(x)));
  },
  [int8Only],
);
