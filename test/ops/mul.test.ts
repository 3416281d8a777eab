import { combined, constantMaps, repeatedMaps } from './elementwise_models.js';
import { differentialTest, everyValue } from './op_test.js';
import { squares } from './table_models.js';

describe('MUL', () => {
  differentialTest('two tensors', combined(['MUL'], 'map', ['whole']), { mostCounts: 1, equal: 0.999 });
  differentialTest('a tensor that is repeated', combined(['MUL'], 'map', repeatedMaps), {
    mostCounts: 1,
    equal: 0.998,
  });
  differentialTest('a constant', combined(['MUL'], 'constant', ['scalar', 'one', 'channels']), {
    mostCounts: 1,
    equal: 0.999,
  });
  // Repeated constants times pictures of few codes: one product that is off by a count is many values.
  differentialTest('a map of constants', combined(['MUL'], 'constant', constantMaps), { mostCounts: 1, equal: 0.998 });
  differentialTest('x * x', squares, everyValue);
});
