import { expect } from 'chai';
import koffi from 'koffi';
import { existsSync } from 'node:fs';
import { compileTflite } from '../../src/compile.js';
import { convMacs } from '../../src/cost/task_cost.js';
import { readPlan } from '../../src/plan/read.js';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary } from '../host/oracle.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved, doubled } from '../ops/builder.js';
import { replayModels } from '../replay/models.js';

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

/** By hand: the larger of the units' cycles and of bytes moved, at 16 bytes a cycle. */
describe('cost: cycles of tasks', () => {
  it('of a convolution that multiplies more than it moves', () => {
    // 20 x 20 outputs, 9 taps, 2 groups of 32 channels by 2 of 32 kernels.
    const shape: Shape = [1, 22, 22, 64];
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 64, { kernel: 3 }, 0.1, 0).index);
    expect(cycles).to.equal(20 * 20 * 9 * 2 * 2);
  });

  it('of a convolution that writes more than it multiplies', () => {
    // One tap and one group for each position, 32 channels at 8 a cycle.
    const shape: Shape = [1, 8, 8, 16];
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 16, {}, 0.1, 0).index);
    expect(cycles).to.equal(8 * 8 * 4);
  });

  it('of a convolution that moves more than both: weights of one position, operands of 4 bytes a channel', () => {
    const shape: Shape = [1, 1, 1, 256];
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 256, {}, 0.1, 0).index);
    expect(cycles).to.equal((256 + 256 * 256 + 256 + 4 * 256) / 16);
  });

  it('of a depthwise convolution: a tap of 64 channels in a cycle', () => {
    const shape: Shape = [1, 22, 22, 128];
    const depthwise = { kernel: 3, depthwise: true };
    const cycles = cyclesOf(shape, (b, input) => convolved(b, 'int8', input, shape, 128, depthwise, 0.1, 0).index);
    expect(cycles).to.equal(20 * 20 * 9 * 2);
  });

  it('of an elementwise task: its operands and its output', () => {
    const shape: Shape = [1, 8, 8, 24];
    const cycles = cyclesOf(shape, (b, input) => doubled(b, 'int8', input, shape, 0.1, 0));
    expect(cycles).to.equal((8 * 8 * 32 * 3) / 16);
  });

  it('multiply-accumulates as the model has them', () => {
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

/** The compiler counts tiles, the software NPU what command words say: the same cycles for every task. */
describe('cost: TypeScript and C have one definition', function () {
  this.timeout(300_000);
  const load = () => {
    const library = koffi.load(delegateLibrary);
    return {
      open: library.func('ptfe_open', 'void *', ['void *', 'size_t', 'str', 'void *', 'size_t']),
      cycles: library.func('ptfe_task_cycles', 'uint64_t', ['void *', 'uint32_t']),
      close: library.func('ptfe_close', 'void', ['void *']),
    };
  };
  let abi: ReturnType<typeof load>;
  before(function () {
    if (!existsSync(delegateLibrary) || process.env['PTFE_PRELOAD'] !== undefined)
      return skip(this, 'tool: the delegate is not built, or not for this process');
    demandFresh('delegate');
    abi = load();
  });

  /** Tasks compared; each that differs fails. */
  const compare = (model: Uint8Array, title: string): number => {
    let compared = 0;
    for (const { plan } of compileTflite(model, { trust: 'inferred', parts: 'all' }).parts) {
      const [bytes, error] = [Buffer.from(plan), Buffer.alloc(512)];
      const session: unknown = abi.open(bytes, bytes.length, null, error, error.length);
      if (session === null) throw new Error(`${title}: ${error.toString('utf8')}`);
      const { tasks, ops } = readPlan(plan);
      const apart = tasks.flatMap(({ cycles, op }, i) => {
        const own = Number(abi.cycles(session, i));
        return own === Number(cycles) ? [] : [`task ${i} of ${ops[op]?.name ?? ''}: ${cycles}, and ${own} in C`];
      });
      expect(apart, title).to.deep.equal([]);
      compared += tasks.length;
      abi.close(session);
    }
    return compared;
  };

  it("for the repository's own models: forms of every op, golden ones, graphs", () => {
    const models = replayModels().filter(({ own, quick }) => own && quick);
    const counts = models.map(({ name, bytes }) => compare(bytes(), name));
    expect(counts.reduce((sum, count) => sum + count, 0)).to.be.above(1000);
  });
});
