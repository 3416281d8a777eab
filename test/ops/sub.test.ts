import { combined, constantMaps, repeatedMaps } from './elementwise_models.js';
import { differentialTest } from './op_test.js';

describe('SUB', () => {
  differentialTest('two tensors', combined(['SUB'], 'map', ['whole']), { mostCounts: 1, equal: 0.999 });
  differentialTest('a tensor that is repeated', combined(['SUB'], 'map', repeatedMaps), {
    mostCounts: 1,
    equal: 0.999,
  });
  differentialTest('a constant', combined(['SUB'], 'constant', ['scalar', 'one', 'channels', 'vector']), {
    mostCounts: 1,
    equal: 0.998,
  });
  differentialTest('a map of constants', combined(['SUB'], 'constant', constantMaps), { mostCounts: 1, equal: 0.999 });
});
