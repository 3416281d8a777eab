import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, doubled, type OpModel, whole } from './builder.js';

type BlockOp = 'SPACE_TO_DEPTH' | 'DEPTH_TO_SPACE';

/** SPACE_TO_DEPTH or DEPTH_TO_SPACE, alone or with other ops before and behind it. */
export const blockModels = (op: BlockOp, around: 'nothing' | 'anything') =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      pictures: fc.constantFrom(1, 1, 1, 2),
      height: whole(1, 9),
      width: whole(1, 9),
      channels: channelCount,
      block: fc.constantFrom(1, 2, 2, 2, 3, 4),
      before: fc.boolean(),
      after: fc.constantFrom('nothing', 'sum', 'convolution'),
    })
    .map(({ seed, type, pictures, height, width, channels, block, before, after }): OpModel => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const flat = [pictures, height * block, width * block, channels];
      const deep = [pictures, height, width, channels * block ** 2];
      const [from, to] = op === 'SPACE_TO_DEPTH' ? [flat, deep] : [deep, flat];
      const input = b.input(type, from, scale, zero);
      const source = before && around === 'anything' ? doubled(b, type, input, from, scale, zero) : input;
      const output = b.map(type, to, scale, zero);
      b.op({
        op,
        version: op === 'DEPTH_TO_SPACE' ? 1 : type === 'int8' ? 2 : 1,
        inputs: [source],
        outputs: [output],
        options: {
          type: op === 'SPACE_TO_DEPTH' ? 'SpaceToDepthOptions' : 'DepthToSpaceOptions',
          fields: { blockSize: block },
        },
      });
      const last = (): number => {
        if (around === 'nothing' || after === 'nothing') return output;
        if (after === 'sum') return doubled(b, type, output, to, scale, zero);
        return convolved(b, type, output, to, 10, {}, scale, zero).index;
      };
      return b.model(`${op} ${type} ${from.join('x')} by ${block} before ${after}`, [last()]);
    });
