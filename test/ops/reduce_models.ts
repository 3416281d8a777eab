import fc from 'fast-check';
import type { OpName } from '../host/tflite_writer.js';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, whole } from './builder.js';

/** `same`: the output has the input's scale and zero-point. Otherwise a scale of 2^n times the input's. */
export type Scales = 'same' | fc.Arbitrary<number>;

interface Reduction {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

const over = (...axes: readonly (readonly number[])[]): fc.Arbitrary<Reduction> =>
  fc.record({ axes: fc.constantFrom(...axes), keepDims: fc.boolean() });

/**
 * Reducers over height, width or both, with their dimensions kept or not.
 * @param wholeSides over both alone, with sides of these lengths
 */
export const reduceModels = (op: OpName, scales: Scales, wholeSides?: fc.Arbitrary<number>): fc.Arbitrary<OpModel> =>
  modelsOf(
    op,
    scales,
    wholeSides ?? whole(1, 31),
    wholeSides === undefined ? over([1, 2], [2, 1], [1], [2], [-3, -2], [-2], [0, 1]) : over([1, 2]),
  );

const kept = (...axes: readonly (readonly number[])[]): fc.Arbitrary<Reduction> =>
  fc.record({ axes: fc.constantFrom(...axes), keepDims: fc.constant(true) });

/** Over channels, among others: the output has one channel. */
export const channelModels = (op: OpName, scales: Scales): fc.Arbitrary<OpModel> =>
  fc.oneof(
    modelsOf(op, scales, whole(1, 20), kept([3], [-1])),
    modelsOf(op, scales, whole(1, 6), kept([2, 3], [3, 1])),
    modelsOf(op, scales, whole(1, 6), over([1, 2, 3], [0, 1, 2, 3])),
  );

const modelsOf = (
  op: OpName,
  scales: Scales,
  side: fc.Arbitrary<number>,
  reduction: fc.Arbitrary<Reduction>,
): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      height: side,
      width: side,
      channels: channelCount,
      reduction,
      ratioLog2: scales === 'same' ? fc.constant(0) : scales,
    })
    .map(({ seed, type, height, width, channels, reduction: { axes: reduced, keepDims }, ratioLog2 }): OpModel => {
      const b = new Builder(seed);
      const zero = b.zeroPoint(type);
      const shape = [1, height, width, channels];
      const input = b.input(type, shape, 0.1, zero);
      const positive = reduced.map((axis) => (axis < 0 ? axis + 4 : axis));
      const kept = shape.map((dim, axis) => (positive.includes(axis) ? 1 : dim));
      const to = keepDims ? kept : kept.filter((_, axis) => !positive.includes(axis));
      const output = b.map(type, to, 0.1 * 2 ** ratioLog2, ratioLog2 === 0 ? zero : b.zeroPoint(type));
      b.op({
        op,
        version: 2,
        inputs: [input, b.ints(reduced)],
        outputs: [output],
        options: { type: 'ReducerOptions', fields: { keepDims } },
      });
      return b.model(
        `${op} ${type} ${shape.join('x')} over ${reduced.join()} ${keepDims ? 'kept' : ''} ratio 2^${ratioLog2}`,
        [output],
      );
    });
