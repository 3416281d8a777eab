/** ABS: the results of TFLite's fixed-point kernel as a table. */
import { absTable } from '../tflite/activation_tables.js';
import { int8Only, tableOp } from './table.js';

export const abs = tableOp('ABS', absTable, [int8Only]);
