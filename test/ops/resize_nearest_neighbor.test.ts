import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { programOfPlan } from '../../src/explain/plan_program.js';
import { findRegister } from '../../src/hardware/registers.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from './op_models.js';
import { differentialTest, everyValue } from './op_test.js';
import { either, grown, nearest, wideColumns, wideRows } from './resize_models.js';

/** Tasks, and those of them whose reader repeats pixels. */
const tasksOf = ([height, width, channels]: readonly [number, number, number], trust: 'seen' | 'inferred') => {
  const b = new Builder(1);
  const size = [2 * height, 2 * width];
  const output = b.map('int8', [1, ...size, channels], 0.1, 3);
  b.op({
    op: 'RESIZE_NEAREST_NEIGHBOR',
    version: 2,
    inputs: [b.input('int8', [1, height, width, channels], 0.1, 3), b.ints(size)],
    outputs: [output],
    options: { type: 'ResizeNearestNeighborOptions', fields: { alignCorners: false, halfPixelCenters: false } },
  });
  const { parts } = compileTflite(writeTflite(b.model('', [output]).spec), { trust, parts: 'all' });
  const tasks = parts.flatMap(({ plan }) => programOfPlan(readPlan(plan), '').tasks);
  const { offset } = findRegister('DPU_RDMA', 'RDMA_SRC_DMA_CFG');
  const repeating = tasks.filter(({ words }) => words.some((word) => word.offset === offset && word.value !== 0));
  return { tasks: tasks.length, repeating: repeating.length };
};

describe('RESIZE_NEAREST_NEIGHBOR', () => {
  differentialTest(
    'every value',
    nearest(either).filter(({ spec }) => spec.ops.length === 1),
    everyValue,
  );
  differentialTest('rows further apart than a task can write', nearest(wideRows, wideColumns), {
    ...everyValue,
    models: 6,
  });
  differentialTest('by 2', nearest(grown(fc.constant(2))), { mostCounts: 1, equal: 0.9995 });
  differentialTest('after a convolution', nearest(either), { mostCounts: 1, equal: 0.9995 });

  it('by 2: the reader repeats pixels where that costs less, and never with trust=seen', () => {
    // The last task shows that the job ended, where its own result cannot.
    expect(tasksOf([20, 20, 16], 'inferred')).to.deep.equal({ tasks: 1, repeating: 1 });
    expect(tasksOf([20, 20, 48], 'inferred')).to.deep.equal({ tasks: 4, repeating: 3 });
    expect(tasksOf([20, 20, 256], 'inferred')).to.deep.equal({ tasks: 5, repeating: 0 });
    expect(tasksOf([80, 80, 256], 'inferred')).to.deep.equal({ tasks: 17, repeating: 16 });
    expect(tasksOf([20, 20, 16], 'seen').repeating).to.equal(0);
  });
});
