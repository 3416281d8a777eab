import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWhole, type RunWatched, type WholeTensor } from '../../src/explain/compare_whole.js';
import { readTflite } from '../../src/tflite/reader.js';
import { goldenModels } from '../golden/models.js';
import { type Addon, loadAddon } from '../host/addon.js';
import { ptfe } from '../host/cli.js';
import { Oracle } from '../host/oracle.js';
import { pythonEnvironment, repository } from '../host/python.js';
import { isShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved } from '../ops/builder.js';

interface Answer {
  readonly good: boolean;
  readonly largest: number;
  readonly wrong: readonly number[];
  readonly tensors: readonly (WholeTensor & { readonly overwritten?: boolean; readonly left?: string })[];
}

/** A convolution whose result is read by a pool of one pixel with RELU and by an ADD. */
const readTwice = (): { readonly bytes: Uint8Array; readonly input: Uint8Array; readonly inner: number } => {
  const b = new Builder(5);
  const shape = [1, 9, 9, 24];
  const x = b.input('int8', shape, 0.05, 3);
  const { index: inner } = convolved(b, 'int8', x, shape, 24, {}, 0.05, -4);
  const [pooled, output] = [b.map('int8', shape, 0.05, -4), b.map('int8', shape, 0.1, 2)];
  const fields = { padding: 1, strideW: 1, strideH: 1, filterW: 1, filterH: 1, activation: 1 };
  b.op({
    op: 'MAX_POOL_2D',
    version: 2,
    inputs: [inner],
    outputs: [pooled],
    options: { type: 'Pool2DOptions', fields },
  });
  b.op({
    op: 'ADD',
    version: 2,
    inputs: [inner, pooled],
    outputs: [output],
    options: { type: 'AddOptions', fields: { activation: 0 } },
  });
  const { spec, inputs } = b.model('', [output]);
  return { bytes: writeTflite(spec), input: inputs[0] ?? new Uint8Array(), inner };
};

describe('ptfe compare --whole', function () {
  this.timeout(60_000);
  let folder = '';
  let python = '';
  let addon: Addon;
  let oracle: Oracle;
  before(function () {
    const environment = pythonEnvironment('ai_edge_litert');
    const loaded = loadAddon();
    if (!environment.available) return skip(this, environment.reason);
    if (typeof loaded === 'string') return skip(this, loaded);
    addon = loaded;
    ({ python } = environment);
    oracle = new Oracle(environment);
    folder = mkdtempSync(join(tmpdir(), 'ptfe-whole-'));
  });
  after(async () => {
    if (folder === '') return;
    await oracle.stop();
    rmSync(folder, { recursive: true });
  });

  const whole = (model: string, ...more: readonly string[]): Answer & { readonly code: number } => {
    const { code, out, err } = ptfe('compare', model, '--whole', '--json', '--python', python, ...more);
    expect(err).to.equal('');
    return { code, ...(JSON.parse(out) as Answer) };
  };

  it('every tensor of the digits, as the plan is and with all of them kept', () => {
    const digits = join(repository, 'examples/digits_int8.tflite');
    for (const more of [[], ['--keep-all']]) {
      const { code, good, tensors, largest } = whole(digits, ...more);
      expect(code).to.equal(0);
      expect(good).to.equal(true);
      expect(largest, 'differences add up').to.be.within(1, 5);
      const left = tensors.filter((one) => one.left !== undefined);
      expect(left.map(({ op }) => op)).to.deep.equal(['SOFTMAX']);
      for (const one of tensors) if ('alone' in one) expect(one.alone, `${one.op} #${one.node}`).to.equal(0);
    }
  });

  it('keeps what is fused, and says what has no memory', () => {
    const chosen = ['conv_add', 'concat_apart', 'max_pool', 'tiles_channels'];
    for (const { name, bytes } of goldenModels.filter((model) => chosen.includes(model.name))) {
      const model = join(folder, `${name}.tflite`);
      writeFileSync(model, bytes);
      const [real, all] = [whole(model), whole(model, '--keep-all')];
      expect(real.code, name).to.equal(0);
      expect(all.code, name).to.equal(0);
      const compared = ({ tensors }: Answer): number => tensors.filter((one) => one.left === undefined).length;
      if (name === 'conv_add')
        expect(real.tensors.map(({ left }) => left)).to.include('no memory of its own in the plan');
      expect(compared(all), name).to.be.at.least(compared(real));
      if (name === 'conv_add') expect(compared(all)).to.equal(all.tensors.length);
    }
  });

  it('says the same of a model as its outputs do', async () => {
    const { bytes, input } = readTwice();
    const models = [
      [bytes, input] as const,
      ...(isShared('faults/conv_pool1x1_relu_add_int8.tflite')
        ? [[sharedPath('faults/conv_pool1x1_relu_add_int8.tflite'), null] as const]
        : []),
    ];
    for (const [model, given] of models) {
      const file = typeof model === 'string' ? model : join(folder, 'twice.tflite');
      const inputFile = join(folder, 'input.bin');
      if (typeof model !== 'string') writeFileSync(file, model);
      if (given !== null) writeFileSync(inputFile, given);
      const { good, tensors, wrong } = whole(file, ...(given === null ? [] : [inputFile]));
      const output = tensors.find(({ op }) => op === 'ADD');
      expect(output !== undefined && 'largest' in output && output.largest <= 2).to.equal(good);
      // Where the sum is wrong, the tensor that was written over is named.
      if (!good) expect(tensors.some((one) => one.overwritten === true && wrong.includes(one.tensor))).to.equal(true);
    }
  });

  /** TFLite's tensors of the model, and a run in which some reads of a tensor are not what they should be. */
  const spoiled = async (which: 'last' | 'both' | 'none'): Promise<readonly WholeTensor[]> => {
    const { bytes, input, inner } = readTwice();
    const { graph } = readTflite(bytes);
    const reference = await oracle.run({ model: bytes, inputs: [[input]], everything: true });
    if (!reference.ok) throw new Error(reference.error);
    const expected = new Map((reference.outputs[0] ?? []).map(({ index, data }) => [index, data] as const));
    expected.set(0, input);
    // Reads are two for each tensor, in the order of the nodes.
    const position = graph.nodes.findIndex(({ outputs }) => outputs.includes(inner));
    const run: RunWatched = (plan, inputs, reads) => {
      const results = addon.planRun(plan, inputs, { reads });
      const first = results.length - reads.length + 2 * position;
      const spoil = (at: number): void => void results[at]?.forEach((code, i, all) => (all[i] = (code + 40) & 0xff));
      if (reads.length > 0 && which !== 'none') spoil(first + 1);
      if (reads.length > 0 && which === 'both') spoil(first);
      return results;
    };
    return compareWhole(bytes, {
      graph,
      options: { trust: 'inferred', parts: 'all' },
      watched: 'apart',
      expected,
      run,
    });
  };

  it('sees what is written over a tensor while others still read it', async () => {
    const tensors = await spoiled('last');
    expect(tensors.map((one) => 'overwritten' in one && one.overwritten)).to.deep.equal([true, false, false]);
    const clean = await spoiled('none');
    expect(clean.map((one) => 'overwritten' in one && one.overwritten)).to.deep.equal([false, false, false]);
    expect(clean.map((one) => 'alone' in one && one.alone)).to.deep.equal([0, 0, 0]);
  });

  it('sees a node that did not get what the one before made', async () => {
    const tensors = await spoiled('both');
    expect(tensors.every((one) => 'alone' in one && (one.alone ?? 0) > 1)).to.equal(true);
  });

  it('its options go together', () => {
    const { code, err } = ptfe('compare', join(repository, 'examples/digits_int8.tflite'), '--keep-all');
    expect(code).to.equal(2);
    expect(err).to.include('--keep-all and --parts go with --whole');
  });
});
