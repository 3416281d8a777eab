import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, channelCount, chosenSeed, convolved, type OpModel, real, whole } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';

const models = (between: boolean): fc.Arbitrary<OpModel> =>
  fc
    .record({
      seed: chosenSeed,
      height: whole(1, 12),
      width: whole(1, 12),
      channels: channelCount,
      constantFirst: fc.boolean(),
      scaleLog2: real(-6, 0),
      ratioLog2: real(-3, 3),
      outputLog2: real(-6, 0),
    })
    .map(({ seed, height, width, channels, constantFirst, scaleLog2, ratioLog2, outputLog2 }) => {
      const b = new Builder(seed);
      const shape = [1, height, width, channels];
      const [scale, zero] = [2 ** scaleLog2, b.zeroPoint('int8')];
      const picture = b.input('int8', shape, scale, zero);
      const input = between
        ? convolved(b, 'int8', picture, shape, channels, { exact: true }, scale, zero).index
        : picture;
      const constant = b.constant('int8', [1], scale * 2 ** ratioLog2, b.zeroPoint('int8'));
      // The largest square about a range of codes, or some of them.
      const [toScale, toZero] = [(scale * 128) ** 2 * 2 ** (outputLog2 - 7), b.zeroPoint('int8')];
      const output = b.map('int8', shape, toScale, toZero);
      b.op({
        op: 'SQUARED_DIFFERENCE',
        version: 2,
        inputs: constantFirst ? [constant, input] : [input, constant],
        outputs: [output],
        options: { type: 'SquaredDifferenceOptions', fields: {} },
      });
      const last = between ? convolved(b, 'int8', output, shape, 10, {}, toScale, toZero).index : output;
      return b.model(`${shape.join('x')} 2^${scaleLog2.toFixed(2)} to 2^${outputLog2.toFixed(2)}`, [last]);
    });

describe('SQUARED_DIFFERENCE', () => {
  differentialTest('with a constant', models(false), everyValue);
  differentialTest('between convolutions', models(true), { mostCounts: 1, equal: 0.9995 });

  it('refuses two feature maps', () => {
    const b = new Builder(1);
    const shape = [1, 4, 4, 8];
    const [first, second] = [b.input('int8', shape, 0.1, 3), b.input('int8', shape, 0.1, 3)];
    const output = b.map('int8', shape, 0.1, 3);
    b.op({ op: 'SQUARED_DIFFERENCE', version: 2, inputs: [first, second], outputs: [output] });
    const { refusals } = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' });
    expect(refusals.map(({ rule }) => rule)).to.deep.equal(['constant']);
  });
});
