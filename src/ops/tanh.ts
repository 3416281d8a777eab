/** TANH: TFLite's own table of 256 entries. */
import { floatTable } from '../tflite/activation_tables.js';
import { tableOp } from './table.js';

export const tanh = tableOp('TANH', (numbers) => floatTable(numbers, Math.tanh));
