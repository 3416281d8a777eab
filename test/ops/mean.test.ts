import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, real, whole } from './op_models.js';
import { differentialTest } from './op_test.js';

const axes = fc.constantFrom([1, 2], [2, 1], [1], [2], [-3, -2], [-2]);

const modelsOf = (side: fc.Arbitrary<number>, axes: fc.Arbitrary<readonly number[]>): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      height: side,
      width: side,
      channels: channelCount,
      axes,
      keepDims: fc.boolean(),
      ratioLog2: fc.oneof(fc.constant(0), real(-3, 3)),
    })
    .map(({ seed, type, height, width, channels, axes: reduced, keepDims, ratioLog2 }): OpModel => {
      const b = new Builder(seed);
      const zero = b.zeroPoint(type);
      const shape = [1, height, width, channels];
      const input = b.input(type, shape, 0.1, zero);
      const positive = reduced.map((axis) => (axis < 0 ? axis + 4 : axis));
      const kept = shape.map((dim, axis) => (positive.includes(axis) ? 1 : dim));
      const to = keepDims ? kept : kept.filter((_, axis) => !positive.includes(axis));
      const output = b.map(type, to, 0.1 * 2 ** ratioLog2, ratioLog2 === 0 ? zero : b.zeroPoint(type));
      b.op({
        op: 'MEAN',
        version: 2,
        inputs: [input, b.ints(reduced)],
        outputs: [output],
        options: { type: 'ReducerOptions', fields: { keepDims } },
      });
      return b.model(
        `${type} ${shape.join('x')} over ${reduced.join()} ${keepDims ? 'kept' : ''} ratio 2^${ratioLog2}`,
        [output],
      );
    });

const models = modelsOf(whole(1, 31), axes);

describe('MEAN', () => {
  differentialTest('in 2.14', models, { mostCounts: 1, equal: 0.999 });
  differentialTest(
    'of planes larger than a kernel',
    modelsOf(fc.constantFrom(32, 33, 35, 36, 40, 42, 44), fc.constant([1, 2])),
    {
      mostCounts: 1,
      equal: 0.999,
      models: 40,
    },
  );
  differentialTest('in 2.3', models, { mostCounts: 1, equal: 0.999, runtime: 'ai_edge_litert' });
});
