import fc from 'fast-check';
import { Builder, byteType, channelCount, chosenSeed, convolved, doubled, type OpModel, whole } from './builder.js';
import { differentialTest } from './op_test.js';

/** Chains of ops on several pictures. */
type Step = 'sum' | 'convolution' | 'depthwise' | 'pool' | 'reshape' | 'concatenation' | 'pad';

const models = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    pictures: whole(2, 4),
    height: whole(2, 8),
    width: whole(2, 8),
    channels: channelCount,
    steps: fc.array(
      fc.constantFrom<Step>('sum', 'convolution', 'depthwise', 'pool', 'reshape', 'concatenation', 'pad'),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ seed, type, pictures, height, width, channels, steps }): OpModel => {
    const b = new Builder(seed);
    const [scale, zero] = [0.1, b.zeroPoint(type)];
    let shape: readonly number[] = [pictures, height, width, channels];
    let now = b.input(type, shape, scale, zero);
    const version = type === 'int8' ? 2 : 1;
    for (const step of steps) {
      const [, h = 1, w = 1, c = 1] = shape;
      if (step === 'sum') now = doubled(b, type, now, shape, scale, zero);
      else if (step === 'convolution' || step === 'depthwise') {
        const made = convolved(b, type, now, shape, 10, { depthwise: step === 'depthwise' }, scale, zero);
        [now, shape] = [made.index, made.shape];
      } else {
        const next = {
          pool: [pictures, Math.ceil(h / 2), Math.ceil(w / 2), c],
          reshape: [pictures, w, h, c],
          concatenation: [pictures, h, w, 2 * c],
          pad: [pictures, h + 2, w + 1, c],
        }[step];
        const output = b.map(type, next, scale, zero);
        const fields = { padding: 0, strideH: 2, strideW: 2, filterH: 2, filterW: 2, activation: 0 };
        if (step === 'pool')
          b.op({
            op: 'AVERAGE_POOL_2D',
            version,
            inputs: [now],
            outputs: [output],
            options: { type: 'Pool2DOptions', fields },
          });
        else if (step === 'reshape') b.op({ op: 'RESHAPE', inputs: [now, b.ints(next)], outputs: [output] });
        else if (step === 'pad')
          b.op({ op: 'PAD', version, inputs: [now, b.ints([0, 0, 1, 1, 0, 1, 0, 0], [4, 2])], outputs: [output] });
        else
          b.op({
            op: 'CONCATENATION',
            version,
            inputs: [now, now],
            outputs: [output],
            options: { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } },
          });
        [now, shape] = [output, next];
      }
    }
    return b.model(`${type} ${pictures} of ${height}x${width}x${channels}: ${steps.join(', ')}`, [now]);
  });

describe('batches', () => {
  differentialTest('in process', models, { mostCounts: 1, equal: 0.9995 });
});
