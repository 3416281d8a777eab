import { expect } from 'chai';
import { seededRandom } from '../host/random.js';
import { convolution, type ConvolutionShape, flying, kernelBytesOf, kernelsOf, writtenChannels } from './layers.js';
import { type Answer, driverOrSkip, type Region, type Run, runNative, type Start } from './native.js';
import { lutWords, type Settings, taskBytes } from './program.js';

/** What passes from one task to the next: register groups, links, operands that stay in CBUF. */
let driver = '';

const single = (run: Run): Answer => {
  const [answer] = runNative(driver, [run]);
  if (answer === undefined) throw new Error('no answer');
  return answer;
};

describe('register groups and links', () => {
  before(function () {
    driver = driverOrSkip(this);
  });

  const [first, second, third, fourth, commands] = [0x10000, 0x20000, 0x30000, 0x40000, 0x50000];
  const input = Uint8Array.from({ length: 64 }, (_, i) => i);

  const plus = (number: number, main: number, output: number): Settings => ({
    ...flying(4, 1, 16, { main, output }),
    'DPU.BS_CFG': { BS_ALU_ALGO: 2, BS_MUL_BYPASS: 1, BS_RELU_BYPASS: 1 },
    'DPU.BS_ALU_CFG': number,
  });

  /** Streams at multiples of 64 bytes, as Mesa places them. */
  const place = (streams: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly tasks: readonly Start[] } => {
    const bytes = new Uint8Array(streams.reduce((size, one) => size + Math.ceil(one.length / 64) * 64, 64));
    let at = 0;
    const tasks = streams.map((stream) => {
      bytes.set(stream, at);
      const task = { regcmd: commands + at, words: stream.length / 8 };
      at += Math.ceil(stream.length / 64) * 64;
      return task;
    });
    return { bytes, tasks };
  };

  const memory = (bytes: Uint8Array): readonly Region[] => [
    { iova: first, bytes: input },
    ...[second, third, fourth].map((iova) => ({ iova, bytes: new Uint8Array(64) })),
    { iova: commands, bytes, constant: true },
  ];

  const valuesAfter = ({ regions }: Answer): readonly number[] => [1, 2, 3].map((i) => regions[i]?.[5] ?? -1);

  /** The vendor's amount of a task: ceil(body / 2) + 1. */
  const amountOf = (words: number): number => Math.ceil((words - 4) / 2) + 1;

  const chain = (bodies: readonly Settings[]): ReturnType<typeof place> => {
    const plain = place(bodies.map((body) => taskBytes(body, 'dpuOnly')));
    return place(
      bodies.map((body, i) => {
        const next = plain.tasks[i + 1];
        if (next === undefined) return taskBytes(body, 'dpuOnly');
        return taskBytes(body, 'dpuOnly', { link: { address: next.regcmd, amount: amountOf(next.words) } });
      }),
    );
  };

  const three = [plus(1, first, second), plus(10, second, third), plus(30, third, fourth)];

  it('tasks that are started one by one, and the same ones through their links', () => {
    const { bytes, tasks } = chain(three);
    const run = { regions: memory(bytes), tasks };
    expect(valuesAfter(single(run))).to.deep.equal([6, 16, 46]);
    const linked = single({ ...run, chained: 3 });
    expect(linked.refusal).to.equal(null);
    expect(valuesAfter(linked)).to.deep.equal([6, 16, 46]);
    expect(valuesAfter(single({ ...run, chained: 2 }))).to.deep.equal([6, 16, 0]);
    expect(single({ ...run, chained: 4 }).refusal).to.match(/TASK_NUMBER counts a task that no link leads to/);
  });

  it('an odd number of words is fetched in pairs', () => {
    const odd = three.map((body) => ({ ...body, 'DPU.OUT_CVT_OFFSET': 0 }));
    for (const bodies of [three, odd]) {
      const { bytes, tasks } = chain(bodies);
      const answer = single({ regions: memory(bytes), tasks, chained: 3 });
      expect(answer.refusal).to.equal(null);
      expect(valuesAfter(answer)).to.deep.equal([6, 16, 46]);
    }
  });

  it('a register that a task leaves out keeps the value of its group', () => {
    const delta: Settings = {
      'DPU.S_POINTER': 0xe,
      'DPU_RDMA.RDMA_S_POINTER': 0xe,
      'DPU.DST_BASE_ADDR': fourth,
    };
    const { bytes, tasks } = place([...three.slice(0, 2), delta].map((body) => taskBytes(body, 'dpuOnly')));
    const run = { regions: memory(bytes), tasks };
    expect(valuesAfter(single(run))).to.deep.equal([6, 16, 6]); // the first task's, two tasks earlier
    expect(valuesAfter(single({ ...run, facts: { register_hold: 'shared' } }))).to.deep.equal([6, 16, 16]);
  });

  it('with ping-pong off and cleared pointers the turn goes on, or starts with the first group', () => {
    const cleared = { ...three[1], 'DPU.S_POINTER': 0x30, 'DPU_RDMA.RDMA_S_POINTER': 0x30 };
    const delta: Settings = { 'DPU.S_POINTER': 0xe, 'DPU_RDMA.RDMA_S_POINTER': 0xe, 'DPU.DST_BASE_ADDR': fourth };
    const { bytes, tasks } = place([three[0] ?? {}, cleared, delta].map((body) => taskBytes(body, 'dpuOnly')));
    const run = { regions: memory(bytes), tasks };
    expect(valuesAfter(single(run))).to.deep.equal([6, 16, 6]); // the first task's
    const facts = { pointer_clear: 'first_group' };
    expect(valuesAfter(single({ ...run, facts }))).to.deep.equal([6, 16, 16]); // those of the task before
    const [whole = {}] = three.slice(2);
    const full = place([three[0] ?? {}, cleared, whole].map((body) => taskBytes(body, 'dpuOnly')));
    for (const other of [{}, facts])
      expect(
        valuesAfter(single({ regions: memory(full.bytes), tasks: full.tasks, facts: other })),
        'all registers written',
      ).to.deep.equal([6, 16, 46]);
  });

  it('a task that does not point its blocks to their groups is refused', () => {
    const { 'DPU_RDMA.RDMA_S_POINTER': pointer, ...rest } = plus(1, first, second);
    expect(pointer).to.equal(0xe);
    const { bytes, tasks } = place([taskBytes(rest, 'dpuOnly')]);
    expect(single({ regions: memory(bytes), tasks }).refusal).to.match(/S_POINTER is not written/);
  });

  it('a chained task may fill the LUT, but for itself', () => {
    const tables = lutWords(new Array<number>(513).fill(1), new Array<number>(513).fill(2));
    const [one = {}, two = {}] = three;
    const last = taskBytes(two, 'dpuOnly', { before: tables });
    const size = taskBytes(one, 'dpuOnly').length;
    const address = commands + Math.ceil(size / 64) * 64;
    const link = { address, amount: Math.ceil(last.length / 16) - 1 };
    const { bytes, tasks } = place([taskBytes(one, 'dpuOnly', { link }), last]);
    expect(single({ regions: memory(bytes), tasks }).refusal).to.equal(null);
    const chained = { regions: memory(bytes), tasks, chained: 2 };
    expect(single(chained).refusal).to.equal(null);
    expect(single({ ...chained, facts: { chained_lut_load: 'refused' } }).refusal).to.match(
      /LUT_ACCESS_DATA: the task before/,
    );
  });
});

describe('the LUT in a chain', () => {
  before(function () {
    driver = driverOrSkip(this);
  });

  const [source, scratch, target, commands] = [0x10000, 0x20000, 0x30000, 0x50000];
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const ramp = (from: number): readonly number[] => Array.from({ length: 513 }, (_, i) => from + i * 4);
  const tables = lutWords(ramp(-2048), ramp(0));
  const load = flying(1, 1, 16, { main: scratch, output: scratch + 64 });
  /** A code times 64 is its place; entry = place / 8; out: a quarter of that. */
  const reader: Settings = {
    ...flying(16, 1, 16, { main: source, output: target }),
    'DPU.S_POINTER': 0x30,
    'DPU_RDMA.RDMA_S_POINTER': 0x30,
    'DPU.BN_CFG': { BN_ALU_BYPASS: 1, BN_RELU_BYPASS: 1 },
    'DPU.BN_MUL_CFG': { BN_MUL_OPERAND: 64 },
    'DPU.EW_CFG': 0x302,
    'DPU.LUT_CFG': 0x68,
    'DPU.LUT_INFO': 0x50500,
    'DPU.LUT_LE_START': -0x4000,
    'DPU.LUT_LO_END': 0x4000,
    'DPU.OUT_CVT_SCALE': 1,
    'DPU.OUT_CVT_SHIFT': 3,
  };
  const run = (streams: readonly [Uint8Array, Uint8Array], facts: Readonly<Record<string, string>> = {}): Answer => {
    const at = Math.ceil(streams[0].length / 64) * 64;
    const words = new Uint8Array(at + streams[1].length);
    words.set(streams[0]);
    words.set(streams[1], at);
    return single({
      regions: [
        { iova: source, bytes },
        { iova: scratch, bytes: new Uint8Array(128) },
        { iova: target, bytes: new Uint8Array(256) },
        { iova: commands, bytes: words, constant: true },
      ],
      tasks: [{ regcmd: commands, words: streams[0].length / 8 }],
      chained: 2,
      facts,
    });
  };
  const linked = (
    first: Settings,
    second: Uint8Array,
    before: readonly bigint[],
  ): readonly [Uint8Array, Uint8Array] => {
    const size = taskBytes(first, 'dpuOnly', { before }).length;
    const link = { address: commands + Math.ceil(size / 64) * 64, amount: Math.ceil(second.length / 16) - 1 };
    return [taskBytes(first, 'dpuOnly', { before, link }), second];
  };

  it('is loaded by a task of its own, and read by the next with ping-pong off', () => {
    const answer = run(linked(load, taskBytes(reader, 'dpuOnly'), tables));
    expect(answer.refusal).to.equal(null);
    for (let code = -128; code < 128; code++) expect(answer.regions[2]?.[code & 255]).to.equal(code & 255);
  });

  it('is not loaded and read by one task behind another', () => {
    const both = taskBytes(reader, 'dpuOnly', { before: tables });
    expect(run(linked(load, both, [])).refusal).to.match(/DPU EW_CFG .*a chained task that fills the LUT reads it/);
    const apart = run(linked(load, both, []), { chained_lut_load: 'refused' });
    expect(apart.refusal).to.match(/LUT_ACCESS_DATA: the task before still runs/);
  });
});

describe('operands that stay in CBUF', () => {
  before(function () {
    driver = driverOrSkip(this);
  });

  const at = { features: 0x10000, weights: 0x20000, output: 0x30000 };
  const [otherOutput, commands] = [0x40000, 0x50000];
  const shape: ConvolutionShape = {
    width: 8,
    height: 8,
    channels: 32,
    kernel: 1,
    stride: 1,
    pad: 0,
    outWidth: 8,
    outHeight: 8,
    outChannels: 32,
    depthwise: false,
  };
  const random = seededRandom(3);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random.integer(0, 255));
  const [features, weights] = [bytes(64 * 32), bytes(kernelBytesOf(shape) * kernelsOf(shape))];
  const scaled: Settings = { 'DPU.OUT_CVT_SCALE': 100, 'DPU.OUT_CVT_SHIFT': 16 };

  const run = (bodies: readonly Settings[]): Answer => {
    const streams = bodies.map((body) => taskBytes({ ...convolution(shape, at), ...scaled, ...body }, 'convolution'));
    const stride = 0x1000;
    const words = new Uint8Array(stride * streams.length);
    streams.forEach((stream, i) => words.set(stream, i * stride));
    return single({
      regions: [
        { iova: at.features, bytes: features },
        { iova: at.weights, bytes: weights },
        { iova: at.output, bytes: new Uint8Array(writtenChannels(shape) * 64) },
        { iova: otherOutput, bytes: new Uint8Array(writtenChannels(shape) * 64) },
        { iova: commands, bytes: words, constant: true },
      ],
      tasks: streams.map((stream, i) => ({ regcmd: commands + i * stride, words: stream.length / 8 })),
    });
  };

  const reuse = (fields: Readonly<Record<string, number>>): Settings => ({
    'CNA.CBUF_CON0': { DATA_BANK: 1, WEIGHT_BANK: 11, ...fields },
    'DPU.DST_BASE_ADDR': otherOutput,
  });

  it('the same features and weights give the same output', () => {
    const answer = run([{}, reuse({ WEIGHT_REUSE: 1 }), reuse({ DATA_REUSE: 1, WEIGHT_REUSE: 1 })]);
    expect(answer.refusal).to.equal(null);
    expect(Uint8Array.from(answer.regions[3] ?? [])).to.deep.equal(Uint8Array.from(answer.regions[2] ?? []));
  });

  it('anything else is refused', () => {
    expect(run([reuse({ DATA_REUSE: 1 })]).refusal).to.match(/CBUF_CON0 .*DATA_REUSE, but the convolution before/);
    expect(run([reuse({ WEIGHT_REUSE: 1 })]).refusal).to.match(/CBUF_CON0 .*WEIGHT_REUSE, but the convolution before/);
    const moved = { ...reuse({ DATA_REUSE: 1 }), 'CNA.CBUF_CON0': { DATA_BANK: 2, WEIGHT_BANK: 10, DATA_REUSE: 1 } };
    expect(run([{}, moved]).refusal).to.match(/DATA_REUSE, but the convolution before left other features/);
    const other = { ...reuse({ DATA_REUSE: 1 }), 'CNA.FEATURE_DATA_ADDR': at.features + 16 };
    expect(run([{}, other]).refusal).to.match(/FEATURE_DATA_ADDR|DATA_REUSE/);
  });
});
