import fc from 'fast-check';
import { whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';
import { poolModels, poolModelsOf } from './pool_models.js';

describe('MAX_POOL_2D', () => {
  differentialTest('every value', poolModels('MAX_POOL_2D'), everyValue);
  const large = fc.record({ length: whole(20, 70), filter: whole(32, 60), stride: whole(1, 7) });
  differentialTest('windows larger than a kernel', poolModelsOf('MAX_POOL_2D', large, fc.constant('valid')), {
    ...everyValue,
    models: 40,
  });
  differentialTest('between convolutions', poolModels('MAX_POOL_2D', { then: 'convolution' }), {
    mostCounts: 2,
    equal: 0.999,
  });
});
