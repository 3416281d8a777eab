/** EXP: TFLite's own table of 256 entries. */
import { floatTable } from '../tflite/activation_tables.js';
import { int8Only, numbersRule, tableOp } from './table.js';

export const exp = tableOp('EXP', (numbers) => floatTable(numbers, Math.exp), [
  int8Only,
  // What TFLite gives beyond is undefined in C: the least code on one processor, the largest on another.
  numbersRule('no e^x beyond 2^31 steps of the output', ({ inputScale, inputZeroPoint, outputScale }) => {
    const largest = Math.exp(inputScale * (127 - inputZeroPoint));
    return largest / outputScale < 2 ** 31 - 256 ? null : `e^x up to ${largest.toPrecision(3)}`;
  }),
]);
