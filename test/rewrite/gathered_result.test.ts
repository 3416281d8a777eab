import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { runtimes } from '../host/python.js';
import { writeTflite } from '../host/tflite_writer.js';
import type { OpModel } from '../ops/builder.js';
import { beside, type HeadChoice, headChoices, heads } from '../ops/head_models.js';
import { differentialTest } from '../ops/op_test.js';

const tasksOf = (model: OpModel): number => {
  const { parts, refusals } = compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all' });
  expect(refusals).to.deep.equal([]);
  return parts.reduce((sum, { plan }) => sum + readPlan(plan).tasks.length, 0);
};

describe('CONCATENATION at the end of the graph', () => {
  for (const runtime of runtimes)
    differentialTest(`heads with RESHAPEs before and functions behind them, in ${runtime}`, headChoices.map(heads), {
      mostCounts: 0,
      equal: 1,
      runtime,
      models: 40,
    });
  differentialTest('channels beside each other', beside, { mostCounts: 0, equal: 1, models: 40 });

  it('takes a task for each map and its table, whatever the channels', () => {
    const maps = [
      { height: 5, width: 5, anchors: 6 },
      { height: 3, width: 3, anchors: 6 },
    ];
    const plain: HeadChoice = { seed: 1, type: 'uint8', maps, channels: 21, rank: 3, behind: [], oneScale: false };
    // One of them is a convolution's.
    expect(tasksOf(heads(plain))).to.equal(3);
    // Each loads its table; and an atom shows that the job ran.
    expect(tasksOf(heads({ ...plain, behind: ['LOGISTIC'] }))).to.equal(6);
  });
});
