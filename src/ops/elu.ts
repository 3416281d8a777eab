/** ELU: TFLite's own table of 256 entries. */
import { floatTable } from '../tflite/activation_tables.js';
import { int8Only, tableOp } from './table.js';

export const elu = tableOp('ELU', (numbers) => floatTable(numbers, (x) => (x < 0 ? Math.expm1(x) : x)), [int8Only]);
