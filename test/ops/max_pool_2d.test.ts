import { differentialTest, everyValue } from './op_test.js';
import { poolModels } from './pool_models.js';

describe('MAX_POOL_2D', () => {
  differentialTest('every value', poolModels('MAX_POOL_2D'), everyValue);
  differentialTest('between convolutions', poolModels('MAX_POOL_2D', { then: 'convolution' }), {
    mostCounts: 2,
    equal: 0.999,
  });
});
