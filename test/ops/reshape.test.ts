import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, doubled, type OpModel, whole } from './builder.js';
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
    let now = b.input(type, from, 0.5, zero);
    if (before) now = doubled(b, type, now, from, 0.5, zero);
    const output = b.map(type, to, 0.5, zero);
    b.op({ op: 'RESHAPE', inputs: [now, b.ints(to)], outputs: [output] });
    const last = after ? doubled(b, type, output, to, 0.5, zero) : output;
    return b.model(
      `${type} ${from.join('x')} -> ${to.join('x')}${before ? ' after ADD' : ''}${after ? ' before ADD' : ''}`,
      [last],
    );
  });

/** Any shape, where the graph begins or ends with it; NCHW to NHWC and back likewise. */
const atBorder = fc
  .tuple(chosenSeed, byteType, whole(1, 6), whole(1, 6), channelCount, fc.constantFrom('in', 'out'), fc.boolean())
  .map(([seed, type, h, w, c, side, transposed]): OpModel => {
    const b = new Builder(seed);
    const zero = b.zeroPoint(type);
    const other = transposed
      ? [1, c, h, w]
      : b.random.pick<readonly number[]>([[1, h * w * c], [1, w, c, h], [1, c, h * w], [h * w * c]]);
    const map = [1, h, w, c];
    const [from, to] = side === 'in' ? [other, map] : [map, other];
    const input = b.input(type, from, 0.5, zero);
    const source = side === 'in' ? input : doubled(b, type, input, from, 0.5, zero);
    const output = b.map(type, to, 0.5, zero);
    const order = side === 'in' ? [0, 2, 3, 1] : [0, 3, 1, 2];
    b.op(
      transposed
        ? { op: 'TRANSPOSE', version: type === 'int8' ? 2 : 1, inputs: [source, b.ints(order)], outputs: [output] }
        : { op: 'RESHAPE', inputs: [source, b.ints(to)], outputs: [output] },
    );
    const last = side === 'in' ? doubled(b, type, output, to, 0.5, zero) : output;
    return b.model(`${type} ${from.join('x')} -> ${to.join('x')} ${side} ${transposed ? 'transposed' : ''}`, [last]);
  });

describe('RESHAPE', () => {
  differentialTest('at the border of the graph, TRANSPOSE too', atBorder, everyValue);
  differentialTest('every value', models, everyValue);
});
