import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import type { OpModel } from './builder.js';
import { differentialTest } from './op_test.js';
import { byTwo, large, modelsOf, small } from './transposed_models.js';

const plansOf = ({ spec }: OpModel) => compileTflite(writeTflite(spec)).parts.map(({ plan }) => readPlan(plan));

describe('TRANSPOSE_CONV', () => {
  const within = { mostCounts: 1, equal: 0.999, refused: 0.1 };
  differentialTest('against the reference kernels', modelsOf(fc.record(small)), within);
  differentialTest('by 2', modelsOf(fc.record({ ...small, ...byTwo })), within);
  differentialTest('by 2, in several tasks', modelsOf(large), { ...within, models: 12 });

  it('by 2 is a single task where the convolution buffer holds it', () => {
    for (const model of fc.sample(modelsOf(fc.record({ ...small, ...byTwo })), { numRuns: 40, seed: 7 }))
      expect(
        plansOf(model).map(({ tasks }) => tasks.length),
        model.title,
      ).to.deep.equal([1]);
  });
});
