import { differentialTest, everyValue } from './op_test.js';
import { reduceModels } from './reduce_models.js';

describe('REDUCE_MAX', () => {
  differentialTest('every value', reduceModels('REDUCE_MAX', 'same'), everyValue);
});
