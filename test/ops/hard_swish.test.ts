import { everyValue } from './op_test.js';
import { tableTest } from './table_test.js';

describe('HARD_SWISH', () => {
  tableTest('a table', 'HARD_SWISH', {}, everyValue);
});
