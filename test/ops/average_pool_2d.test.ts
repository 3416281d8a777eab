import fc from 'fast-check';
import { differentialTest, everyValue } from './op_test.js';
import { poolModels } from './pool_models.js';

describe('AVERAGE_POOL_2D', () => {
  differentialTest('every value', poolModels('AVERAGE_POOL_2D'), everyValue);
  const wholeSides = fc.constantFrom(32, 33, 35, 36, 40, 42, 44);
  differentialTest('of planes larger than a kernel', poolModels('AVERAGE_POOL_2D', { wholeSides }), {
    ...everyValue,
    models: 40,
  });
  differentialTest('between convolutions', poolModels('AVERAGE_POOL_2D', { then: 'convolution' }), {
    mostCounts: 2,
    equal: 0.999,
  });
});
