import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import type { Precision } from '../../src/fuse/fuse.js';
import { goldenModels } from '../golden/models.js';
import { convModels, dilated, grouped, multiplied } from './conv_models.js';
import { againstReference, drawn } from './op_models.js';
import { differentialTest } from './op_test.js';
import { equalShare } from './tally.js';
import { skip } from '../host/skip.js';

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
