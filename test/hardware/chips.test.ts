import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledModel, compileTflite } from '../../src/compile.js';
import { newestNumerics, type Numerics } from '../../src/graph/numerics.js';
import { type Chip, type ChipLimits, rk3588 } from '../../src/hardware/chips.js';
import { readPlan } from '../../src/plan/read.js';
import { loadAddon } from '../host/addon.js';
import { Oracle } from '../host/oracle.js';
import { anyPythonEnvironment, numericsOf, repository } from '../host/python.js';
import { skip } from '../host/skip.js';
import { seededRandom } from '../host/random.js';
import { padding, writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/op_models.js';
import { compare } from '../ops/tally.js';

/** A chip that nobody makes. */
const madeUp = (changes: Partial<Chip>): Chip => ({ ...rk3588, name: 'RK9001', number: 9001, ...changes });
const limited = (limits: Partial<ChipLimits>): Chip => madeUp({ limits: { ...rk3588.limits, ...limits } });

const halfCbuf = madeUp({ cbuf: { ...rk3588.cbuf, banks: 6, streamingBanks: 2 } });

interface Convolution {
  readonly size: number;
  readonly channels: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

const plain: Convolution = { size: 8, channels: 4, outputs: 8, kernel: 3, stride: 1, dilation: 1 };

/** A convolution, and where `sum` is set the result added to itself through a TANH, so that the DPU works alone too. */
const modelOf = (
  form: Partial<Convolution>,
  sum = false,
): { readonly bytes: Uint8Array; readonly input: Uint8Array } => {
  const { size, channels, outputs, kernel, stride, dilation } = { ...plain, ...form };
  const made = new Builder(7);
  const input = made.input('int8', [1, size, size, channels], 0.02, 3);
  const filter = made.constant('int8', [outputs, kernel, kernel, channels], 0.01, 0);
  const side = Math.ceil(size / stride);
  const shape = [1, side, side, outputs];
  const output = made.map('int8', shape, 0.02 * 0.01 * 60 * kernel * Math.sqrt(channels), 0);
  const fields = { padding: padding.same, strideW: stride, strideH: stride, dilationW: dilation, dilationH: dilation };
  made.op({
    op: 'CONV_2D',
    inputs: [input, filter, -1],
    outputs: [output],
    options: { type: 'Conv2DOptions', fields },
  });
  const results = [output];
  if (sum) {
    const curve = made.map('int8', shape, 1 / 128, 0);
    const total = made.map('int8', shape, 0.05, 0);
    made.op({ op: 'TANH', inputs: [output], outputs: [curve] });
    made.op({ op: 'ADD', inputs: [curve, output], outputs: [total], options: { type: 'AddOptions', fields: {} } });
    results.splice(0, 1, total);
  }
  const { spec, inputs } = made.model('', results);
  return { bytes: writeTflite(spec), input: inputs[0] ?? new Uint8Array() };
};

const compiled = (bytes: Uint8Array, chip: Chip): CompiledModel =>
  compileTflite(bytes, { trust: 'inferred', parts: 'all', chip });

const planOf = (bytes: Uint8Array, chip: Chip): Uint8Array => {
  const { parts, refusals } = compiled(bytes, chip);
  expect(refusals).to.deep.equal([]);
  expect(parts).to.have.length(1);
  return parts[0]?.plan ?? new Uint8Array();
};

describe('chips: what a rule refuses, at the edge of each limit', () => {
  /** The largest form that the chip takes, the next one, and the rule that refuses that. */
  const edges: readonly (readonly [string, Chip, Partial<Convolution>, Partial<Convolution>, string])[] = [
    ['stride', limited({ stride: 2 }), { stride: 2 }, { stride: 3 }, 'stride'],
    ['dilation', limited({ dilation: 2 }), { dilation: 2 }, { dilation: 3 }, 'dilation'],
    ['kernelSide', limited({ kernelSide: 3 }), { kernel: 3 }, { kernel: 4 }, 'kernel'],
    ['inputChannels', limited({ inputChannels: 4 }), { channels: 4 }, { channels: 5 }, 'kernel'],
    ['pad', limited({ pad: 1 }), { kernel: 3 }, { kernel: 5 }, 'output-shape'],
    ['plane', limited({ plane: 8 }), { size: 8 }, { size: 9 }, 'output-shape'],
    [
      'a group of kernels in CBUF',
      // Three banks of 768 bytes: 9 taps of 16 channels of 16 kernels.
      madeUp({ cbuf: { ...rk3588.cbuf, banks: 6, streamingBanks: 2, bankBytes: 768 } }),
      { size: 2, channels: 16, outputs: 16 },
      { size: 2, channels: 17, outputs: 16 },
      'kernel',
    ],
    [
      'the span of a dilated kernel in CBUF',
      madeUp({ cbuf: { ...rk3588.cbuf, banks: 6, streamingBanks: 2, bankBytes: 1024 } }),
      { size: 20, dilation: 2 },
      { size: 20, dilation: 4 },
      'dilation',
    ],
  ];
  for (const [what, chip, taken, beyond, rule] of edges)
    it(what, () => {
      const [inside, outside] = [modelOf(taken).bytes, modelOf(beyond).bytes];
      expect(compiled(inside, chip).refusals).to.deep.equal([]);
      expect(compiled(outside, chip).refusals.map((refusal) => refusal.rule)).to.deep.equal([rule]);
      expect(compiled(outside, rk3588).refusals).to.deep.equal([]);
    });
});

describe('chips: the software NPU', function () {
  this.timeout(60_000);
  const addon = loadAddon();
  const run = (plan: Uint8Array, input: Uint8Array, chip?: Chip): readonly Uint8Array[] => {
    if (typeof addon === 'string') throw new Error(addon);
    return addon.planRun(plan, [input], chip === undefined ? {} : { chip });
  };
  before(function () {
    if (typeof addon === 'string') skip(this, addon);
  });

  describe('with half the CBUF', () => {
    let oracle: Oracle | undefined;
    let numerics: Numerics = newestNumerics;
    before(function () {
      const environment = anyPythonEnvironment();
      if (!environment.available) return skip(this, environment.reason);
      oracle = new Oracle(environment);
      numerics = numericsOf[environment.runtime];
    });
    after(async () => oracle?.stop());

    for (const type of ['int8', 'uint8'] as const)
      it(`gives TFLite's values of the ${type} digits, as the RK3588 gives them`, async () => {
        if (oracle === undefined) throw new Error('no oracle');
        const model = readFileSync(join(repository, `examples/digits_${type}.tflite`));
        const options = { trust: 'inferred', parts: 'all', precision: 'best', numerics } as const;
        const { parts, refusals } = compileTflite(model, { ...options, chip: halfCbuf });
        // All but the SOFTMAX at the end.
        expect([parts.length, refusals.length]).to.deep.equal([1, 1]);
        const { plan = new Uint8Array(), outputs: [made] = [] } = parts[0] ?? {};
        const { chip, tensors } = readPlan(plan);
        expect(chip).to.equal(halfCbuf.number);
        const [own] = compileTflite(model, options).parts;
        const bytes = tensors[0]?.shape.reduce((product, dim) => product * dim, 1) ?? 0;
        const random = seededRandom(3);
        const inputs = Array.from({ length: 40 }, () => [
          Uint8Array.from({ length: bytes }, () => (random.chance(0.7) ? 0x80 : random.integer(0, 255))),
        ]);
        const reference = await oracle.run({ model, inputs, everything: true });
        if (!reference.ok) throw new Error(reference.error);
        let differing = 0;
        for (const [i, [input = new Uint8Array()]] of inputs.entries()) {
          const [got = new Uint8Array()] = run(plan, input, halfCbuf);
          expect([got], `picture ${i}`).to.deep.equal(run(own?.plan ?? new Uint8Array(), input));
          const expected = reference.outputs[i]?.find(({ index }) => index === made);
          if (expected === undefined) throw new Error(`TFLite shows no tensor ${made}`);
          const one = compare('digits', type, [{ channels: 10, data: expected.data }], [got]);
          expect(one.largest, `picture ${i}`).to.be.at.most(1);
          differing += one.differing;
        }
        // Of a chain of 27 nodes.
        expect(differing / (10 * inputs.length), 'share that differs').to.be.below(0.01);
      });
  });

  it('refuses a plan of another chip than it is, whatever it is told', () => {
    const { bytes, input } = modelOf({});
    const [own, half] = [planOf(bytes, rk3588), planOf(bytes, halfCbuf)];
    expect(() => run(half, input)).to.throw('the plan is for chip RK9001, the device is an RK3588');
    expect(() => run(own, input, halfCbuf)).to.throw('the plan is for chip RK3588, the device is an RK9001');
    expect(run(half, input, halfCbuf)).to.deep.equal(run(own, input));
  });

  it('refuses tasks that its own CBUF does not hold', () => {
    const { bytes, input } = modelOf({ size: 60, channels: 64, outputs: 64 });
    const larger: Chip = { ...rk3588, cbuf: { ...rk3588.cbuf, banks: 14 } };
    expect(() => run(planOf(bytes, larger), input)).to.throw(/data and \d+ weight banks of 12/);
    expect(run(planOf(bytes, larger), input, larger)).to.deep.equal(run(planOf(bytes, rk3588), input));
    const smaller: Chip = { ...rk3588, cbuf: halfCbuf.cbuf };
    expect(() => run(planOf(bytes, rk3588), input, smaller)).to.throw(/data and \d+ weight banks of 6/);
    const shorter: Chip = { ...rk3588, cbuf: { ...rk3588.cbuf, bankBytes: 16 * 1024 } };
    expect(() => run(planOf(bytes, rk3588), input, shorter)).to.throw(/entries of features, the data banks hold/);
  });

  it('is no device that can be told its chip but the software NPU', () => {
    if (typeof addon === 'string') throw new Error(addon);
    const { bytes, input } = modelOf({});
    const plan = planOf(bytes, rk3588);
    expect(() => addon.planRun(plan, [input], { device: 'npu', chip: rk3588 })).to.throw('only the software NPU');
    const wrong = { ...rk3588, cbuf: { ...rk3588.cbuf, banks: -1 } };
    expect(() => run(plan, input, wrong)).to.throw('a chip is one of');
    expect(() => run(plan, input, { ...rk3588, cbuf: { ...rk3588.cbuf, entryBytes: 24 } })).to.throw('cannot be');
  });

  /** Each is cut in another way than for the RK3588, and none changes a value. */
  const cuts: readonly (readonly [string, Chip])[] = [
    ['half the CBUF', halfCbuf],
    ['the smallest CBUF', madeUp({ cbuf: { ...rk3588.cbuf, banks: 5, streamingBanks: 1 } })],
    ['banks of 8 KiB', madeUp({ cbuf: { ...rk3588.cbuf, bankBytes: 8 * 1024 } })],
    ['windows of 40', limited({ window: 40 })],
    ['48 output channels', limited({ outputChannels: 48 })],
    ['17 elementwise columns', limited({ elementwiseColumns: 17 })],
  ];
  const { bytes: tiled, input: picture } = modelOf({ size: 60, channels: 64, outputs: 80 }, true);
  for (const [what, chip] of cuts)
    it(`runs more tasks for ${what}, and gives the same values`, () => {
      const [own, other] = [planOf(tiled, rk3588), planOf(tiled, chip)];
      expect(readPlan(other).tasks.length).to.be.greaterThan(readPlan(own).tasks.length);
      expect(run(other, picture, chip)).to.deep.equal(run(own, picture));
    });

  it('runs more jobs where its clock is slower, its tasks start later, or the driver waits less', () => {
    const own = planOf(tiled, rk3588);
    const { clocks, dispatch } = rk3588;
    for (const chip of [
      madeUp({ clocks: { ...clocks, megahertz: 1 } }),
      madeUp({ dispatch: { ...dispatch, littleMicroseconds: 50_000 } }),
      madeUp({ dispatch: { ...dispatch, jobMilliseconds: 1 } }),
    ]) {
      const plan = planOf(tiled, chip);
      expect(readPlan(plan).jobs.length).to.be.greaterThan(readPlan(own).jobs.length);
      expect(run(plan, picture, chip)).to.deep.equal(run(own, picture));
    }
  });

  it('finds tensors and commands where the chip wants them', () => {
    const chip = madeUp({ memory: { burstBytes: 1024, taskBytes: 512, planeAtoms: 64 } });
    const plan = planOf(tiled, chip);
    const { tasks, tensors } = readPlan(plan);
    expect(tasks.map(({ regcmdOffset }) => regcmdOffset % 512).filter((rest) => rest !== 0)).to.deep.equal([]);
    expect(tensors.map(({ offset }) => offset % 1024).filter((rest) => rest !== 0)).to.deep.equal([]);
    expect(tensors.map(({ surfaceBytes }) => surfaceBytes % 1024).filter((rest) => rest !== 0)).to.deep.equal([]);
    expect(run(plan, picture, chip)).to.deep.equal(run(planOf(tiled, rk3588), picture));
  });
});
