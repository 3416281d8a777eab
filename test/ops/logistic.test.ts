import { differentialTest } from './op_test.js';
import { gated } from './table_models.js';
import { floats, tableTest } from './table_test.js';

describe('LOGISTIC', () => {
  tableTest('a table', 'LOGISTIC', { outputScale: 1 / 256, version: 2 }, floats);
  differentialTest('x * LOGISTIC(x)', gated('LOGISTIC'), floats);
});
