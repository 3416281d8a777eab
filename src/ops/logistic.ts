/** LOGISTIC: TFLite's own table of 256 entries. */
import { floatTable, logistic as logisticOf } from '../tflite/activation_tables.js';
import { tableOp } from './table.js';

export const logistic = tableOp('LOGISTIC', (numbers) => floatTable(numbers, logisticOf));
