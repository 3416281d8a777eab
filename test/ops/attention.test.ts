import fc from 'fast-check';
import {
  Builder,
  type ByteType,
  byteType,
  channelCount,
  chosenSeed,
  convolved,
  doubled,
  type OpModel,
  whole,
} from './builder.js';
import { differentialTest } from './op_test.js';

/** Operands that are repeated or constant, among other ops: gates over the plane or the channels, positions that are added. */
const scale = 0.05;

interface Map {
  readonly index: number;
  readonly shape: readonly number[];
}

const meanOf = (b: Builder, type: ByteType, { index, shape }: Map, axes: readonly number[], zero: number): Map => {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const output = b.map(type, kept, scale / 4, zero);
  const options = { type: 'ReducerOptions', fields: { keepDims: true } } as const;
  b.op({ op: 'MEAN', version: 2, inputs: [index, b.ints(axes)], outputs: [output], options });
  return { index: output, shape: kept };
};

const logisticOf = (b: Builder, type: ByteType, { index, shape }: Map): Map => {
  const output = b.map(type, shape, 1 / 256, type === 'int8' ? -128 : 0);
  b.op({ op: 'LOGISTIC', version: type === 'int8' ? 2 : 1, inputs: [index], outputs: [output] });
  return { index: output, shape };
};

const binary = (b: Builder, op: 'ADD' | 'MUL', type: ByteType, { shape }: Map, inputs: number[], zero: number): Map => {
  const output = b.map(type, shape, op === 'ADD' ? 1.5 * scale : scale, zero);
  const options = { type: op === 'ADD' ? 'AddOptions' : 'MulOptions', fields: { activation: 0 } } as const;
  b.op({ op, version: type === 'int8' ? 2 : 1, inputs, outputs: [output], options });
  return { index: output, shape };
};

const models = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(2, 12),
    width: whole(2, 12),
    channels: channelCount,
    form: fc.constantFrom('plane gate', 'channel gate', 'row gate', 'position', 'position of three'),
    first: fc.boolean(),
  })
  .map(({ seed, type, height, width, channels, form, first }): OpModel => {
    const b = new Builder(seed);
    const zero = b.zeroPoint(type);
    const input = b.input(type, [1, height, width, 7], scale, zero);
    const map = convolved(b, type, input, [1, height, width, 7], channels, {}, scale, zero);
    const gates: Readonly<Record<string, readonly number[]>> = {
      'plane gate': [3],
      'channel gate': [1, 2],
      'row gate': [1],
    };
    const axes = gates[form];
    const other =
      axes === undefined
        ? b.constant(type, map.shape.slice(form === 'position' ? 0 : 1), scale / 2, b.zeroPoint(type))
        : logisticOf(b, type, meanOf(b, type, map, axes, zero)).index;
    const inputs = first ? [other, map.index] : [map.index, other];
    const combined = binary(b, axes === undefined ? 'ADD' : 'MUL', type, map, inputs, zero);
    const last = doubled(b, type, combined.index, combined.shape, 2 * scale, zero);
    return b.model(`${form} ${type} ${map.shape.join('x')}`, [last]);
  });

describe('attention', () => {
  differentialTest('gates and positions', models, { mostCounts: 2, equal: 0.998, models: 120 });
});
