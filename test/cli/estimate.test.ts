import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expectRefused, ptfe } from '../host/cli.js';
import { repository } from '../host/python.js';
import { modelFolder } from '../host/shared.js';
import { skip } from '../host/skip.js';

const digits = join(repository, 'examples/digits_int8.tflite');

interface Sum {
  readonly tasks: number;
  readonly cycles: number;
  readonly bytes: Readonly<Record<string, number>>;
  readonly work: number;
  readonly dispatch: number;
  readonly total: number;
}
interface Answer {
  readonly total: number;
  readonly cpu: { readonly nodes: readonly number[]; readonly microseconds: number };
  readonly parts: readonly {
    readonly npu: Sum;
    readonly steps: readonly { readonly total: number; readonly times: Sum | null }[];
    readonly host: number;
    readonly jobs: number;
    readonly sync: number;
    readonly layout: number;
    readonly total: number;
  }[];
}

const estimated = (...args: readonly string[]): Answer => {
  const { code, out, err } = ptfe('estimate', digits, '--parts', 'all', '--json', ...args);
  expect(code, err).to.equal(0);
  return JSON.parse(out) as Answer;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('ptfe estimate', () => {
  it('a table for people: a line for each operation, sums, and the CPU beside it', () => {
    const { code, out, err } = ptfe('estimate', digits, '--parts', 'all');
    expect(code, err).to.equal(0);
    expect(out).to.match(/RK3588, one core, 200 MHz, 51 us a task \(interrupts on a little core of the CPU\)/);
    expect(out).to.match(/^#0 CONV_2D +1 +\d+( +[\d.]+){5} +(compute|memory|dispatch)$/m);
    expect(out).to.match(/^in sum +\d+/m);
    expect(out).to.match(/^model: [\d.]+ ms; all of it on one big core of the CPU: [\d.]+ ms$/m);
    expect(out).to.not.match(/undefined|NaN/);
  });

  it('sums are those of the operations, and the total that of its parts', () => {
    const { parts, cpu, total } = estimated();
    for (const { npu, steps, host, jobs, sync, layout, total: whole } of parts) {
      const times = steps.flatMap((step) => step.times ?? []);
      expect(npu.tasks).to.equal(sum(times.map(({ tasks }) => tasks)));
      expect(npu.cycles).to.equal(sum(times.map(({ cycles }) => cycles)));
      for (const stream of ['input', 'weights', 'operands', 'output'])
        expect(npu.bytes[stream], stream).to.equal(sum(times.map(({ bytes }) => bytes[stream] ?? Number.NaN)));
      expect(npu.total).to.be.closeTo(npu.work + npu.dispatch, 1e-6);
      expect(whole).to.be.closeTo(npu.total + host + jobs + sync + layout, 1e-6);
    }
    expect(total).to.be.closeTo(cpu.microseconds + sum(parts.map((part) => part.total)), 1e-6);
  });

  it('goes by the clock, by who serves interrupts, and by cores that share the memory', () => {
    const [slow, fast, big] = [estimated(), estimated('--clock', '1000'), estimated('--interrupt-cpu', 'big')];
    const npu = ({ parts }: Answer): Sum => {
      const [part] = parts;
      if (part === undefined) throw new Error('no part');
      return part.npu;
    };
    expect(npu(fast).work).to.be.below(npu(slow).work);
    expect(npu(fast).dispatch).to.equal(npu(slow).dispatch);
    expect(npu(big).dispatch * 51).to.equal(npu(slow).dispatch * 27);
    const shared = npu(estimated('--clock', '1000', '--busy-cores', '3'));
    expect(shared.work).to.be.above(npu(fast).work);
    expect(shared.cycles).to.equal(npu(fast).cycles);
  });

  it('says which nodes of a part the CPU would do sooner: an unrolled GRU all, a classifier of pictures hardly any', function () {
    const worthOf = (name: string): { npu: number; cpu: number; sooner: readonly number[]; best: number } => {
      const { code, out, err } = ptfe('estimate', join(modelFolder, `${name}.tflite`), '--parts', 'all', '--json');
      expect(code, err).to.equal(0);
      const [part] = (JSON.parse(out) as { parts: readonly { worth: ReturnType<typeof worthOf> }[] }).parts;
      if (part === undefined) throw new Error(`${name}: no part`);
      expect(part.worth.best).to.be.at.most(Math.min(part.worth.npu, part.worth.cpu) + 1e-6);
      return part.worth;
    };
    if (!existsSync(modelFolder)) return skip(this, 'shared: no folder of models beside the repository');
    const gru = worthOf('families/fam_kws_gru');
    expect(gru.sooner.length).to.be.above(400);
    expect(gru.npu).to.be.above(10 * gru.cpu);
    const pictures = worthOf('mobilenet_v1_1.0_224_quant');
    expect(pictures.sooner.length).to.be.below(5);
    expect(pictures.best).to.be.below(pictures.cpu / 5);
  });

  it('--published: each figure with the prediction, its error and its source', () => {
    const { code, out } = ptfe('estimate', '--published');
    expect(code).to.equal(0);
    expect(out.split('\n')[0]).to.match(/^what +unit +published +predicted +error +source$/);
    const figures = JSON.parse(ptfe('estimate', '--published', '--json').out) as readonly Record<string, unknown>[];
    expect(figures.length).to.equal(out.trim().split('\n').length - 1);
    for (const figure of figures)
      expect(figure).to.have.all.keys('what', 'unit', 'least', 'most', 'predicted', 'error', 'source', 'note');
  });

  it('refuses what it does not know', () => {
    expectRefused(ptfe('estimate'), 'no model given');
    expectRefused(ptfe('estimate', digits, '--published'), '--published takes no model');
    expectRefused(ptfe('estimate', digits, '--clock', '0'), '--clock 0');
    expectRefused(ptfe('estimate', digits, '--clock', '1e3'), '--clock 1e3');
    expectRefused(ptfe('estimate', digits, '--busy-cores', '4'), 'from 1 to 3');
    expectRefused(ptfe('estimate', digits, '--cores', '4'), 'only 1, 2, 3 and auto');
    expectRefused(ptfe('estimate', digits, '--interrupt-cpu', 'a55'), 'big and little');
  });
});
