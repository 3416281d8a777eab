import { combined, constantMaps, repeatedMaps } from './elementwise_models.js';
import { differentialTest } from './op_test.js';

describe('ADD', () => {
  differentialTest('two tensors', combined(['ADD'], 'map', ['whole']), { mostCounts: 1, equal: 0.999 });
  differentialTest('a tensor that is repeated', combined(['ADD'], 'map', repeatedMaps), {
    mostCounts: 1,
    equal: 0.999,
  });
  differentialTest('a constant', combined(['ADD'], 'constant', ['scalar', 'one', 'channels', 'vector']), {
    mostCounts: 1,
    equal: 0.998,
  });
  differentialTest('a map of constants', combined(['ADD'], 'constant', constantMaps), { mostCounts: 1, equal: 0.999 });
});
