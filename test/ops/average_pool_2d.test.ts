import { differentialTest, everyValue } from './op_test.js';
import { poolModels } from './pool_models.js';

describe('AVERAGE_POOL_2D', () => {
  differentialTest('every value', poolModels('AVERAGE_POOL_2D'), everyValue);
});
