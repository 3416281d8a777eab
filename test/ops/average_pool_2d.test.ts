import fc from 'fast-check';
import { differentialTest, everyValue } from './op_test.js';
import { whole } from './builder.js';
import { poolModels, poolModelsOf } from './pool_models.js';

describe('AVERAGE_POOL_2D', () => {
  differentialTest('every value', poolModels('AVERAGE_POOL_2D'), everyValue);
  const wholeSides = fc.constantFrom(32, 33, 35, 36, 37, 40, 42, 43, 44);
  differentialTest('of planes larger than a kernel', poolModels('AVERAGE_POOL_2D', { wholeSides }), {
    ...everyValue,
    models: 40,
  });
  const large = fc.record({
    length: whole(32, 80),
    filter: fc.constantFrom(5, 32, 33, 36, 37, 40, 45, 47),
    stride: whole(12, 48),
  });
  differentialTest('windows larger than a kernel', poolModelsOf('AVERAGE_POOL_2D', large, fc.constant('valid')), {
    ...everyValue,
    models: 40,
  });
  const apart = fc.record({ length: whole(1, 40), filter: whole(1, 12), stride: whole(8, 13) });
  differentialTest(
    'windows further apart than a stride',
    poolModelsOf('AVERAGE_POOL_2D', apart, fc.constantFrom('same', 'valid')),
    { ...everyValue, models: 40 },
  );
  differentialTest('between convolutions', poolModels('AVERAGE_POOL_2D', { then: 'convolution' }), {
    mostCounts: 2,
    equal: 0.999,
  });
});
