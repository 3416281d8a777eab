import fc from 'fast-check';
import { differentialTest, everyValue } from './op_test.js';
import { poolModels } from './pool_models.js';

describe('AVERAGE_POOL_2D', () => {
  differentialTest('every value', poolModels('AVERAGE_POOL_2D'), everyValue);
  differentialTest(
    'of planes larger than a kernel',
    poolModels('AVERAGE_POOL_2D', fc.constantFrom(32, 33, 35, 36, 40, 42, 44)),
    { ...everyValue, models: 40 },
  );
});
