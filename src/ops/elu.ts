/** ELU: TFLite's own table of 256 entries. */
import { floatTable } from '../quantize/activation_tables.js';
import { numbersRule, tableOp } from './table.js';

export const elu = tableOp('ELU', (numbers) => floatTable(numbers, (x) => (x < 0 ? Math.expm1(x) : x)), [
  numbersRule('int8, as in TFLite', ({ type }) => (type === 'int8' ? null : `type ${type}`)),
]);
