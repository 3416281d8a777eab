import fc from 'fast-check';
import {
  Builder,
  byteType,
  channelCount,
  chosenSeed,
  convolved,
  doubled,
  type OpModel,
  real,
  whole,
} from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

type Origin = 'input' | 'sum' | 'convolution' | 'depthwise';

const joined = (scaled: boolean) =>
  fc
    .record({
      seed: chosenSeed,
      type: scaled ? fc.constant('uint8' as const) : byteType,
      height: whole(1, 7),
      width: whole(1, 7),
      channels: channelCount,
      axis: fc.constantFrom(1, 2, 3, -1),
      parts: fc.array(
        fc.record({
          length: fc.oneof(whole(1, 9), channelCount),
          from: fc.constantFrom<Origin>('input', 'sum', 'convolution', 'depthwise'),
          ratioLog2: real(-2, 1),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      after: fc.constantFrom('nothing', 'sum', 'convolution'),
      twice: fc.boolean(),
    })
    .map(({ seed, type, height, width, channels, axis, parts, after, twice }): OpModel => {
      const b = new Builder(seed);
      const scale = 0.1;
      const zero = b.zeroPoint(type);
      const position = axis < 0 ? axis + 4 : axis;
      const outputs: number[] = [];
      const pieces = parts.map(({ length, from, ratioLog2 }) => {
        const shape = [1, height, width, channels].map((size, i) => (i === position ? length : size));
        const own = scaled ? scale * 2 ** ratioLog2 : scale;
        const ownZero = scaled ? b.zeroPoint(type) : zero;
        const input = b.input(type, shape, own, ownZero);
        if (from === 'input') return { index: input, shape };
        if (from === 'sum') return { index: doubled(b, type, input, shape, own, ownZero), shape };
        return convolved(b, type, input, shape, shape[3] ?? 1, { depthwise: from === 'depthwise' }, own, ownZero);
      });
      const [first] = pieces;
      const all = twice && first !== undefined ? [...pieces, first] : pieces;
      const total = all.reduce((sum, { shape }) => sum + (shape[position] ?? 0), 0);
      const shape = [1, height, width, channels].map((size, i) => (i === position ? total : size));
      const output = b.map(type, shape, scale, zero);
      b.op({
        op: 'CONCATENATION',
        version: type === 'int8' ? 2 : 1,
        inputs: all.map(({ index }) => index),
        outputs: [output],
        options: { type: 'ConcatenationOptions', fields: { axis, activation: 0 } },
      });
      outputs.push(output);
      if (twice && first !== undefined && parts[0]?.from !== 'input') outputs.push(first.index);
      if (after === 'sum') outputs.push(doubled(b, type, output, shape, scale, zero));
      if (after === 'convolution') outputs.push(convolved(b, type, output, shape, 10, {}, scale, zero).index);
      return b.model(
        `${type} axis ${axis} of ${parts.map(({ length, from }) => `${from} ${length}`).join(', ')} -> ${shape.join('x')} before ${after}`,
        outputs,
      );
    });

describe('CONCATENATION', () => {
  differentialTest('of equal scales', joined(false), { mostCounts: 1, equal: 0.9995 });
  differentialTest('with scales of their own', joined(true), { mostCounts: 2, equal: 0.999 });
  differentialTest(
    'of inputs alone: every value',
    joined(false).filter(({ spec }) => spec.ops.length === 1),
    everyValue,
  );
});
