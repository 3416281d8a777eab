import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './builder.js';

interface Sizes {
  readonly width: fc.Arbitrary<number>;
  readonly channels: fc.Arbitrary<number>;
  readonly amount: fc.Arbitrary<number>;
}

const small: Sizes = { width: whole(1, 12), channels: channelCount, amount: whole(0, 4) };
/** A row or two fill the convolution buffer: tasks that would meet nothing but the padding below. */
export const wide: Sizes = { width: whole(1850, 2060), channels: fc.constant(64), amount: whole(0, 15) };

/** PAD by itself, and before a convolution that takes it. */
export const padModels = (before: 'nothing' | 'convolution', { width, channels, amount }: Sizes = small) =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      height: whole(1, 12),
      width,
      channels,
      amounts: fc.tuple(amount, amount, amount, amount),
      value: fc.boolean(),
      kernel: whole(1, 3),
      depthwise: fc.boolean(),
    })
    .map(({ seed, type, height, width, channels, amounts, value, kernel, depthwise }): OpModel => {
      const b = new Builder(seed);
      const zero = b.zeroPoint(type);
      const shape = [1, height, width, channels];
      const input = b.input(type, shape, 0.1, zero);
      const [top, bottom, left, right] = amounts;
      const padded = [1, height + top + bottom, width + left + right, channels];
      const output = b.map(type, padded, 0.1, zero);
      const paddings = b.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2]);
      const constant = value ? [b.constant(type, [1], 0.1, zero)] : [];
      b.op({
        op: value ? 'PADV2' : 'PAD',
        version: type === 'int8' ? 2 : 1,
        inputs: [input, paddings, ...constant],
        outputs: [output],
      });
      const side = Math.min(kernel, padded[1] ?? 1, padded[2] ?? 1);
      const last =
        before === 'nothing'
          ? output
          : convolved(b, type, output, padded, 20, { kernel: side, depthwise }, 0.1, zero).index;
      return b.model(
        `${type} ${shape.join('x')} by ${amounts.join()}${value ? ' with a value' : ''} before ${before}`,
        [last],
      );
    });
