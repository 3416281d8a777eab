import { combined, constantMaps, repeatedMaps } from './elementwise_models.js';
import { differentialTest } from './op_test.js';

/** ADD and SUB, which have one lowering. */
export const sumTests = (op: 'ADD' | 'SUB'): void => {
  const within = { mostCounts: 1, equal: 0.999 };
  differentialTest('two tensors', combined([op], 'map', ['whole']), within);
  differentialTest('a tensor that is repeated', combined([op], 'map', repeatedMaps), within);
  const numbers = combined([op], 'constant', ['scalar', 'one', 'channels', 'vector']);
  differentialTest('a constant', numbers, { ...within, equal: 0.998 });
  differentialTest('a map of constants', combined([op], 'constant', constantMaps), within);
};
