/** SQRT: the results of TFLite's float32 kernel as a table. */
import { sqrtTable } from '../tflite/root_tables.js';
import { int8Only, noNegatives, numbersRule, tableOp } from './table.js';

export const sqrt = tableOp('SQRT', sqrtTable, [
  int8Only,
  noNegatives,
  // C says nothing of a float32 beyond an int32.
  numbersRule('no root beyond 2^31 steps of the output', ({ inputScale, outputScale }) => {
    const largest = Math.sqrt(inputScale * 255);
    return largest / outputScale < 2 ** 31 - 256 ? null : `roots up to ${largest.toPrecision(3)}`;
  }),
]);
