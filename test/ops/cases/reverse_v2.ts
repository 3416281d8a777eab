import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, whole } from '../builder.js';
import { everyValue } from '../expectation.js';
import { added, form, like, type Make, type OpForm } from '../form.js';
import type { OpCase } from '../op_case.js';

const op = 'REVERSE_V2';

const reversed = (
  b: Builder,
  input: number,
  type: 'int8' | 'uint8',
  shape: readonly number[],
  axes: readonly number[],
) => {
  const output = b.map(type, shape, 0.1, 3);
  b.op({ op, inputs: [input, b.ints(axes)], outputs: [output] });
  return output;
};

const modelOf = (
  seed: number,
  type: 'int8' | 'uint8',
  shape: readonly number[],
  axes: readonly (readonly number[])[],
): OpModel => {
  const b = new Builder(seed);
  const input = b.input(type, shape, 0.1, 3);
  const output = axes.reduce((now, list) => reversed(b, now, type, shape, list), input);
  return b.model(`${op} ${type} ${shape.join('x')} over ${axes.map((list) => list.join()).join(' then ')}`, [output]);
};

/** Lengths with one factor and with many. */
const side = fc.oneof(whole(1, 32), fc.constantFrom(48, 60, 64, 96, 59));
const batch = fc.constantFrom(1, 1, 2, 3, 6);

const maps = fc.record({
  seed: chosenSeed,
  type: byteType,
  shape: fc.tuple(batch, side, fc.oneof(whole(1, 24), fc.constantFrom(32, 36)), channelCount),
});

/** One axis, from the front or the back, in maps of one to six dimensions. */
const oneAxis = fc
  .tuple(
    fc.oneof(
      maps,
      maps.map(({ shape: [n, h, , c], ...rest }) => ({ ...rest, shape: [n, h, c] })),
      maps.map(({ shape: [, h, , c], ...rest }) => ({ ...rest, shape: [h, c] })),
      maps.map(({ shape: [, , , c], ...rest }) => ({ ...rest, shape: [c] })),
      maps.map(({ shape: [n, h, , c], ...rest }) => ({ ...rest, shape: [n, 2, h, 3, c] })),
      maps.map(({ shape: [n, h, , c], ...rest }) => ({ ...rest, shape: [2, n, 2, h, 3, c] })),
    ),
    whole(-6, 5),
  )
  .map(([{ seed, type, shape }, axis]) => {
    const rank = shape.length;
    const inside = ((axis % rank) + rank) % rank;
    return modelOf(seed, type, shape, [[axis < 0 ? inside - rank : inside]]);
  });

/** Nodes in sequence: what one writes in steps the next one reads. */
const several = maps.map(({ seed, type, shape }) => modelOf(seed, type, shape, [[1], [2], [0]]));

const neighbours = fc
  .tuple(maps, fc.constantFrom([1, 2], [2, 1], [-3, -2], [2, 3], [0, 1], [1, 2, 3], [3, 1, 2], [0, 1, 2, 3]))
  .map(([{ seed, type, shape }, axes]) =>
    modelOf(
      seed,
      type,
      shape.map((dim) => (dim === 59 ? 56 : dim)),
      [axes],
    ),
  );

/** Planes that are cut into tasks. */
const large = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: fc.constantFrom(160, 224, 300),
    width: fc.constantFrom(160, 224, 320),
    channels: whole(1, 20),
    axis: whole(1, 3),
  })
  .map(({ seed, type, height, width, channels, axis }) => modelOf(seed, type, [1, height, width, channels], [[axis]]));

const over =
  (axis: number): Make =>
  (b, map) =>
    added(b, op, [map.index, b.ints([axis])], [like(b, map, {})], undefined, 1);

const forms: readonly OpForm[] = [0, 1, 2, 3, -2].map((axis) => form(op, `axis ${axis}`, 0, over(axis)));

const single = (shape: readonly number[], axes: readonly number[]) => () => modelOf(1, 'int8', shape, [axes]);

export const opCase: OpCase = {
  op,
  forms,
  tests: [
    { title: 'one axis', models: oneAxis, expected: everyValue },
    { title: 'in sequence', models: several, expected: { ...everyValue, models: 40 } },
    { title: 'large planes', models: large, expected: { ...everyValue, models: 6 } },
    // TFLite before LiteRT 1.3 reverses the first of them alone.
    { title: 'several axes', models: neighbours, expected: everyValue, runtimes: ['ai_edge_litert'] },
  ],
  refused: [
    { title: 'axes apart', model: single([1, 4, 6, 8], [1, 3]), rule: 'axes', text: 'axes 1,3' },
    { title: 'an axis twice', model: single([1, 4, 6, 8], [1, 1]), rule: 'axes', text: 'axes 1,1' },
    { title: 'no axis', model: single([1, 4, 6, 8], []), rule: 'axes', text: 'or none' },
    { title: 'an axis behind the last', model: single([1, 4, 6, 8], [4]), rule: 'axes', text: 'axes 4' },
    {
      title: 'several axes in an old release',
      model: single([1, 4, 6, 8], [1, 2]),
      numerics: 'tflite-2.14',
      rule: 'axes',
      text: 'axes 1,2 (needs: one constant axis;',
    },
    { title: 'a long prime', model: single([1, 67, 6, 8], [1]), rule: 'copies', text: '67 copies' },
    { title: 'many channels', model: single([1, 2, 2, 4609], [3]), rule: 'channels', text: '4609 channels' },
  ],
};
