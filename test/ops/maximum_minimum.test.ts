import { combined, repeatedMaps } from './elementwise_models.js';
import { differentialTest, everyValue } from './op_test.js';

describe('MAXIMUM, MINIMUM', () => {
  const ops = ['MAXIMUM', 'MINIMUM'] as const;
  differentialTest('two tensors', combined(ops, 'map', ['whole']), everyValue);
  differentialTest('a tensor that is repeated', combined(ops, 'map', repeatedMaps), everyValue);
  differentialTest(
    'a constant',
    combined(ops, 'constant', ['scalar', 'one', 'channels', 'whole', 'plane', 'row']),
    everyValue,
  );
});
