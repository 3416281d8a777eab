import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, doubled, type OpModel, whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

/** As the schema numbers them. */
const modes = { reflect: 0, symmetric: 1 } as const;

const models = (around: 'nothing' | 'anything') =>
  fc
    .record({
      seed: chosenSeed,
      type: byteType,
      pictures: fc.constantFrom(1, 1, 1, 2),
      height: whole(1, 12),
      width: whole(1, 12),
      channels: channelCount,
      amounts: fc.tuple(whole(0, 4), whole(0, 4), whole(0, 4), whole(0, 4)),
      axes: fc.constantFrom('both', 'rows', 'columns'),
      mode: fc.constantFrom('reflect' as const, 'symmetric' as const),
      before: fc.boolean(),
      after: fc.constantFrom('nothing', 'sum', 'convolution'),
    })
    .map(({ seed, type, pictures, height, width, channels, amounts, axes, mode, before, after }): OpModel => {
      const b = new Builder(seed);
      const [scale, zero] = [0.1, b.zeroPoint(type)];
      const shape = [pictures, height, width, channels];
      const edge = mode === 'reflect' ? 1 : 0;
      const within = (amount: number, length: number, wanted: boolean) =>
        wanted ? Math.min(amount, length - edge) : 0;
      const [top, bottom] = [amounts[0], amounts[1]].map((n) => within(n, height, axes !== 'columns')) as [
        number,
        number,
      ];
      const [left, right] = [amounts[2], amounts[3]].map((n) => within(n, width, axes !== 'rows')) as [number, number];
      const input = b.input(type, shape, scale, zero);
      const source = before && around === 'anything' ? doubled(b, type, input, shape, scale, zero) : input;
      const padded = [pictures, height + top + bottom, width + left + right, channels];
      const output = b.map(type, padded, scale, zero);
      b.op({
        op: 'MIRROR_PAD',
        version: type === 'int8' ? 2 : 1,
        inputs: [source, b.ints([0, 0, top, bottom, left, right, 0, 0], [4, 2])],
        outputs: [output],
        options: { type: 'MirrorPadOptions', fields: { mode: modes[mode] } },
      });
      const last = (): number => {
        if (around === 'nothing' || after === 'nothing') return output;
        if (after === 'sum') return doubled(b, type, output, padded, scale, zero);
        return convolved(b, type, output, padded, 10, {}, scale, zero).index;
      };
      return b.model(`${mode} ${type} ${shape.join('x')} by ${[top, bottom, left, right].join()} before ${after}`, [
        last(),
      ]);
    });

describe('MIRROR_PAD', () => {
  differentialTest('every value', models('nothing'), everyValue);
  differentialTest('among other ops', models('anything'), { mostCounts: 1, equal: 0.9995 });
});
