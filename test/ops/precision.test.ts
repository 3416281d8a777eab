import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import type { Precision } from '../../src/fuse/fuse.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import { goldenModels } from '../golden/models.js';
import { Builder, byteType, channelCount, chosenSeed, convolved, type OpModel, whole } from './builder.js';
import { convModels, dilated, grouped, multiplied } from './conv_models.js';
import { againstReference, drawn } from './op_models.js';
import { differentialTest } from './op_test.js';
import { equalShare } from './tally.js';
import { skip } from '../host/skip.js';

/** A convolution and a map that an ADD joins, as at the end of a residual block; the convolution alone is TFLite's to the byte. */
const residuals = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    height: whole(4, 14),
    width: whole(4, 14),
    channels: channelCount,
    first: fc.boolean(),
  })
  .map(({ seed, type, height, width, channels, first }): OpModel => {
    const b = new Builder(seed);
    const shape = [1, height, width, channels];
    const [scale, zero] = [0.05 * b.random.between(0.5, 1), b.zeroPoint(type)];
    const input = b.input(type, shape, scale, zero);
    const made = convolved(b, type, input, shape, channels, {}, scale, zero).index;
    const other = b.input(type, shape, scale * b.random.between(0.6, 1.5), b.zeroPoint(type));
    const sum = b.map(type, shape, scale * b.random.between(1, 1.6), b.zeroPoint(type));
    const options = { type: 'AddOptions' as const, fields: { activation: 0 } };
    const inputs = first ? [made, other] : [other, made];
    b.op({ op: 'ADD', version: type === 'int8' ? 2 : 1, inputs, outputs: [sum], options });
    return b.model(`residual ${type} ${shape.join('x')}`, [sum]);
  });

const tasksOf = (model: OpModel, precision: Precision): number =>
  compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all', precision })
    .parts.map(({ plan }) => readPlan(plan).tasks.length)
    .reduce((sum, count) => sum + count, 0);

describe('precision=fastest', () => {
  differentialTest('residuals', residuals, { mostCounts: 1, equal: 0.99, precision: 'fastest', models: 60 });

  it('leaves no ADD apart that fast leaves, and more of them in the convolution', () => {
    const tasks = drawn(residuals, 40).map((model) => [tasksOf(model, 'fastest'), tasksOf(model, 'fast')] as const);
    expect(tasks.every(([fastest, fast]) => fastest <= fast)).to.equal(true);
    expect(tasks.filter(([fastest, fast]) => fastest < fast).length).to.be.greaterThan(20);
  });
});

describe('precision=best', () => {
  const best = { mostCounts: 1, equal: 0.999995, precision: 'best' } as const;
  differentialTest('CONV_2D', convModels(dilated('CONV_2D')), best);
  differentialTest('CONV_2D, groups', convModels(grouped), best);
  differentialTest('DEPTHWISE_CONV_2D', convModels(multiplied), best);

  it('makes no tasks that trust=seen does not allow', () => {
    const bytes = goldenModels.find(({ name }) => name === 'conv_1x1_seen')?.bytes ?? new Uint8Array();
    const planOf = (precision: Precision) => compileTflite(bytes, { trust: 'seen', precision }).parts[0]?.plan;
    expect(planOf('fast')).to.be.instanceOf(Uint8Array);
    expect(planOf('best')).to.deep.equal(planOf('fast'));
  });

  it('differs in a tenth of the values in which precision=fast does', async function () {
    const models = drawn(convModels(dilated('CONV_2D')), 200);
    const [fast, slow] = [await againstReference(models, {}), await againstReference(models, { precision: 'best' })];
    if (typeof fast === 'string') return skip(this, fast);
    if (typeof slow === 'string') return skip(this, slow);
    expect(1 - equalShare(fast.tally)).to.be.above(0);
    expect(1 - equalShare(slow.tally)).to.be.at.most((1 - equalShare(fast.tally)) / 10);
  });
});
