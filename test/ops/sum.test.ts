import fc from 'fast-check';
import { real } from './builder.js';
import { differentialTest } from './op_test.js';
import { channelModels, reduceModels } from './reduce_models.js';

/** Output scales from below the input's to those that hold the sum of a whole plane. */
const scales = fc.oneof(fc.constantFrom(0, 1, 3, 5, 8), real(-2, 10));

// The reference kernel adds int8 codes as if they were uint8, and 8-bit sums of one scale overflow: not what anyone runs.
const expected = { mostCounts: 1, equal: 0.999, kernels: 'optimized' } as const;

describe('SUM', () => {
  differentialTest('in 2.14', reduceModels('SUM', scales), expected);
  differentialTest('over channels', channelModels('SUM', scales), expected);
  differentialTest('in 2.3', reduceModels('SUM', scales), { ...expected, runtime: 'ai_edge_litert' });
});
