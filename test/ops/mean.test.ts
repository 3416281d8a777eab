import fc from 'fast-check';
import { real } from './builder.js';
import { differentialTest } from './op_test.js';
import { channelModels, reduceModels } from './reduce_models.js';

const models = reduceModels('MEAN', fc.oneof(fc.constant(0), real(-3, 3)));

describe('MEAN', () => {
  differentialTest('in 2.14', models, { mostCounts: 1, equal: 0.999 });
  differentialTest(
    'of planes larger than a kernel',
    reduceModels('MEAN', fc.oneof(fc.constant(0), real(-3, 3)), fc.constantFrom(32, 33, 35, 36, 37, 40, 42, 43, 44)),
    {
      mostCounts: 1,
      equal: 0.999,
      models: 40,
    },
  );
  differentialTest('over channels', channelModels('MEAN', fc.oneof(fc.constant(0), real(-3, 3))), {
    mostCounts: 1,
    equal: 0.999,
  });
  differentialTest('in 2.3', models, { mostCounts: 1, equal: 0.999, runtime: 'ai_edge_litert' });
});
