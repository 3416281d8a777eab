/** GELU, by erf or by tanh: TFLite's own table of 256 entries. */
import { floatTable } from '../tflite/activation_tables.js';
import { gelu as byErf, geluByTanh } from '../tflite/gelu.js';
import { optionOf } from '../graph/options.js';
import { tableOp } from './table.js';

export const gelu = tableOp('GELU', (numbers, { node }) =>
  floatTable(numbers, optionOf(node, 'approximate') === 0 ? byErf : geluByTanh),
);
