import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { rk3588 } from '../../src/hardware/chips.js';
import { convMacs, tableLoadCycles } from '../../src/cost/cycles.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved, doubled } from '../ops/builder.js';

type Shape = readonly [number, number, number, number];

/** Estimated cycles of the one task of a model. */
const cyclesOf = (shape: Shape, make: (b: Builder, input: number) => number): number => {
  const b = new Builder(3);
  const input = b.input('int8', shape, 0.1, 0);
  const output = make(b, input);
  const [part] = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' }).parts;
  if (part === undefined) throw new Error('no part');
  const { tasks } = readPlan(part.plan);
  expect(tasks).to.have.length(1);
  return Number(tasks[0]?.cycles);
};

const fill = 1000;

/** By hand, from what docs and the chip's table say: a fill, then the larger of multiplications and bytes moved. */
describe('cost: estimated cycles', () => {
  it('of a convolution that multiplies more than it moves', () => {
    // 20 x 20 outputs, 9 taps, 2 groups of 32 channels by 2 of 32 kernels.
    const shape: Shape = [1, 22, 22, 64];
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 64, { kernel: 3 }, 0.1, 0).index);
    expect(cycles).to.equal(fill + 20 * 20 * 9 * 2 * 2);
  });

  it('of a convolution that moves more than it multiplies', () => {
    // Features, weights and output of 16, 16 and 32 channels, at 16 bytes a cycle.
    const shape: Shape = [1, 8, 8, 16];
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 16, {}, 0.1, 0).index);
    expect(cycles).to.equal(fill + (8 * 8 * 16 + 16 * 16 + 8 * 8 * 32) / 16);
  });

  it('of a depthwise convolution: a tap of 64 channels in a cycle', () => {
    const shape: Shape = [1, 22, 22, 128];
    const depthwise = { kernel: 3, depthwise: true };
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 128, depthwise, 0.1, 0).index);
    const moved = (22 * 22 * 128 + 9 * 128 + 20 * 20 * 128) / 16;
    expect(cycles).to.equal(fill + Math.max(20 * 20 * 9 * 2, moved));
  });

  it('of an elementwise task: its operands and its output', () => {
    const shape: Shape = [1, 8, 8, 24];
    const cycles = cyclesOf(shape, (b, input) => doubled(b, 'int8', input, shape, 0.1, 0));
    expect(cycles).to.equal(fill + (8 * 8 * 32 * 3) / 16);
  });

  it('of loading a table, and multiply-accumulates as the model has them', () => {
    expect(tableLoadCycles(rk3588)).to.equal(fill + (2 * 513 * 8) / 16);
    const geometry = {
      outputHeight: 2,
      outputWidth: 3,
      outputChannels: 5,
      kernelHeight: 7,
      kernelWidth: 11,
      inputChannels: 13,
    };
    const of = (depthwise: boolean) => convMacs({ depthwise, geometry } as unknown as Parameters<typeof convMacs>[0]);
    expect([of(false), of(true)]).to.deep.equal([2 * 3 * 5 * 7 * 11 * 13, 2 * 3 * 5 * 7 * 11]);
  });
});
