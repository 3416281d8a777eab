import { differentialTest } from './op_test.js';
import { gated } from './table_models.js';
import { floats, tableTest } from './table_test.js';

describe('TANH', () => {
  tableTest('a table', 'TANH', { version: 2 }, floats);
  differentialTest('x * TANH(x)', gated('TANH'), floats);
});
