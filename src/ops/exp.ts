/** EXP: TFLite's own table of 256 entries. */
import { floatTable } from '../quantize/activation_tables.js';
import { numbersRule, tableOp } from './table.js';

export const exp = tableOp('EXP', (numbers) => floatTable(numbers, Math.exp), [
  numbersRule('int8, as in TFLite', ({ type }) => (type === 'int8' ? null : `type ${type}`)),
]);
