import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './builder.js';

type PictureOp = 'SPACE_TO_BATCH_ND' | 'BATCH_TO_SPACE_ND';

const most = 4;

interface Sizes {
  /** Of the pictures of a block. */
  readonly width: fc.Arbitrary<number>;
  readonly channels: fc.Arbitrary<number>;
}

const small: Sizes = { width: whole(1, 6), channels: channelCount };
/** A row or two fill the convolution buffer: tasks that would meet nothing but the padding below. */
export const wide: Sizes = { width: whole(900, 1000), channels: fc.constant(48) };

/** The op by itself, or with a convolution before it and one behind it. */
export const pictureModels = (
  op: PictureOp,
  between: boolean,
  { width, channels }: Sizes = small,
): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      pictures: fc.constantFrom(1, 1, 1, 2),
      height: whole(1, 6),
      width,
      channels,
      block: fc.tuple(whole(1, most), whole(1, most)).filter(([rows, columns]) => rows * columns <= 8),
      top: whole(0, 5),
      bottom: whole(0, 5),
      left: whole(0, 5),
      right: whole(0, 5),
    })
    // At least as many pixels as a block has, so that every place has one.
    .filter(
      ({ height, width, block, top, bottom, left, right }) =>
        height * block[0] - top - bottom >= block[0] && width * block[1] - left - right >= block[1],
    )
    .map(({ seed, type, pictures, height, width, channels, block, top, bottom, left, right }) => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const space = [pictures, height * block[0] - top - bottom, width * block[1] - left - right, channels];
      const batch = [pictures * block[0] * block[1], height, width, channels];
      const [from, to] = op === 'SPACE_TO_BATCH_ND' ? [space, batch] : [batch, space];
      const picture = b.input(type, from, scale, zero);
      const input = between ? convolved(b, type, picture, from, channels, {}, scale, zero).index : picture;
      const output = b.map(type, to, scale, zero);
      b.op({
        op,
        version: 2,
        inputs: [input, b.ints(block), b.ints([top, bottom, left, right], [2, 2])],
        outputs: [output],
        options: { type: op === 'SPACE_TO_BATCH_ND' ? 'SpaceToBatchNDOptions' : 'BatchToSpaceNDOptions', fields: {} },
      });
      const last = between ? convolved(b, type, output, to, 10, {}, scale, zero).index : output;
      const title = `${op} ${type} ${from.join('x')} by ${block.join('x')}, ${[top, bottom, left, right].join(' ')}`;
      return b.model(title, [last]);
    });
