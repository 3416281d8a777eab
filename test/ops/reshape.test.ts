import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, type OpModel, whole } from './op_models.js';
import { differentialTest, everyValue } from './op_test.js';

/** The same memory, pixels to channels, channels to pixels; between a RELU and another or at the ends of the graph. */
const shapes = fc.oneof(
  fc.tuple(whole(1, 9), whole(1, 9), channelCount).chain(([h, w, c]) =>
    fc.constantFrom(
      [
        [1, h, w, c],
        [1, h * w, c],
      ],
      [
        [1, h, w, c],
        [1, w, h, c],
      ],
      [
        [1, 1, h * w, c],
        [1, h, w, c],
      ],
    ),
  ),
  fc.tuple(whole(1, 5), whole(1, 5), channelCount, whole(2, 6)).map(([h, w, c, g]) => [
    [1, h, w * g, c],
    [1, h, w, c * g],
  ]),
  fc.tuple(whole(1, 5), whole(1, 5), channelCount, whole(2, 6)).map(([h, w, c, g]) => [
    [1, h, w, c * g],
    [1, h * w * g, c],
  ]),
  channelCount.map((c) => [
    [1, 1, 1, c],
    [1, c],
  ]),
);

const models = fc
  .tuple(chosenSeed, byteType, shapes, fc.boolean(), fc.boolean())
  .map(([seed, type, [from = [], to = []], before, after]): OpModel => {
    const b = new Builder(seed);
    const zero = b.zeroPoint(type);
    const relu = (input: number, shape: readonly number[]): number => {
      const output = b.map(type, shape, 0.5, zero);
      b.op({
        op: 'ADD',
        version: type === 'int8' ? 2 : 1,
        inputs: [input, input],
        outputs: [output],
        options: { type: 'AddOptions', fields: { activation: 0 } },
      });
      return output;
    };
    let now = b.input(type, from, 0.5, zero);
    if (before) now = relu(now, from);
    const output = b.map(type, to, 0.5, zero);
    b.op({ op: 'RESHAPE', inputs: [now, b.ints(to)], outputs: [output] });
    const last = after ? relu(output, to) : output;
    return b.model(
      `${type} ${from.join('x')} -> ${to.join('x')}${before ? ' after ADD' : ''}${after ? ' before ADD' : ''}`,
      [last],
    );
  });

describe('RESHAPE', () => {
  differentialTest('every value', models, everyValue);
});
