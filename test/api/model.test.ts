import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as Api from '../../src/index.js';
import { goldenModels } from '../golden/models.js';
import { demandFresh } from '../host/fresh.js';
import { repository } from '../host/repository.js';
import { buildRocket, PretendedBoard } from '../host/rocket.js';
import { addonPath, loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { buildWasmModule } from '../host/wasm_module.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

const digits = Uint8Array.from(readFileSync(join(repository, 'examples/digits_int8.tflite')));
const golden = (name: string): Uint8Array => {
  const found = goldenModels.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return found.bytes;
};

/** An abort long before the end of what is done. */
const soon = (): AbortSignal => AbortSignal.timeout(1);

/** The package as it is installed: dist/index.mjs with its worker. */
describe('Model in Node', function () {
  this.timeout(60_000);
  let api: typeof Api;
  let logits: readonly string[] = [];
  before(async function () {
    demandFresh('engine');
    if (typeof loadAddon() === 'string') return skip(this, 'tool: the addon is not built (npm run build:native)');
    api = (await import(join(repository, 'dist/index.mjs'))) as typeof Api;
  });

  const failure = async (promise: Promise<unknown>): Promise<Error> => {
    try {
      await promise;
    } catch (error) {
      if (error instanceof Error) return error;
    }
    throw new Error('it did not fail');
  };

  it('refuses a model with nodes on the CPU: with their list, and with what can be had', async () => {
    const error = await failure(api.Model.open(digits));
    if (!(error instanceof api.CpuNodesError)) throw error;
    expect(error).to.be.instanceOf(api.PtfeError);
    expect(error.code).to.equal('cpu-nodes');
    expect(error.nodes.map(({ node, op }) => [node, op])).to.deep.equal([[27, 'SOFTMAX']]);
    expect(error.message).to.match(/^model: 1 node stays on the CPU.*#27 SOFTMAX \(operator: .*outputs: \["[^"]+"\]/);
    logits = error.before;
    expect(logits).to.have.length(1);
  });

  it('runs on the software NPU and on WebAssembly to the same codes as the plan does, of models of every kind', async function () {
    const lack = buildWasmModule();
    if (lack !== null) return skip(this, lack);
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    const models = fc.sample(modelChoice, { numRuns: 4, seed: 11 }).map(buildModel);
    let ran = 0;
    for (const { bytes, inputs, spec, title } of models) {
      const { parts, refusals } = api.compile(bytes, { parts: 'all' });
      const [part] = parts;
      if (part === undefined || parts.length > 1 || refusals.length > 0) continue;
      const given = (tensor: number): Uint8Array => inputs[spec.inputs.indexOf(tensor)] ?? new Uint8Array();
      const expected = addon.planRun(part.plan, part.inputs.map(given));
      for (const device of ['software', 'wasm'] as const) {
        const model = await api.Model.open(bytes, { device });
        expect(model.device).to.equal(device);
        const data = model.inputs.map(({ tensor, type }) =>
          type === 'int8' ? new Int8Array(given(tensor)) : given(tensor),
        );
        const made = await model.run(data);
        for (const [i, { tensor, type }] of model.outputs.entries()) {
          expect(made[i], title).to.be.instanceOf(type === 'int8' ? Int8Array : Uint8Array);
          const want = expected[part.outputs.indexOf(tensor)];
          expect(Buffer.from(made[i] ?? []).equals(Buffer.from(want ?? [])), `${title} on ${device}`).to.equal(true);
        }
        ran++;
        model.close();
      }
    }
    expect(ran).to.be.above(3);
  });

  it('opens a plan file as it opens its model', async () => {
    const bytes = golden('conv_add');
    const [ofModel, ofPlan] = [
      await api.Model.open(bytes),
      await api.Model.open(api.planFile(bytes, { parts: 'all' })),
    ];
    const data = ofModel.inputs.map(({ length, type }) => {
      const codes = Uint8Array.from({ length }, (_, i) => i * 37);
      return type === 'int8' ? new Int8Array(codes) : codes;
    });
    expect(ofPlan.inputs.map(({ tensor }) => tensor)).to.deep.equal(ofModel.inputs.map(({ tensor }) => tensor));
    expect(await ofPlan.run(data)).to.deep.equal(await ofModel.run(data));
    ofModel.close();
    ofPlan.close();
    const refused = await failure(api.Model.open(api.planFile(digits)));
    expect(refused).to.be.instanceOf(api.CpuNodesError);
    expect(refused.message).to.contain('#27 (operator: ');
  });

  it('says what is wrong with inputs and options, and goes on', async () => {
    const model = await api.Model.open(digits, { outputs: logits });
    const image = new Int8Array(1024);
    const cases: readonly (readonly [unknown, string])[] = [
      [[], 'the model has 1 input, not 0'],
      [{}, 'no input "image" (int8 1x32x32x1)'],
      [[new Uint8Array(1024)], 'input "image" (int8 1x32x32x1) wants an Int8Array'],
      [[new Int8Array(3)], 'input "image" (int8 1x32x32x1) wants 1024 values, not 3'],
      [{ image: 'cat' }, 'wants an Int8Array'],
    ];
    for (const [inputs, text] of cases) {
      const error = await failure(model.run(inputs as Api.RunInputs));
      expect(error).to.be.instanceOf(api.PtfeError);
      expect(error.message).to.contain(text);
    }
    expect(await model.run({ image })).to.deep.equal(await model.run([image]));
    model.close();
    expect((await failure(model.run([image]))).message).to.contain('it is closed');
    const wrong: readonly (readonly [Uint8Array, object, string])[] = [
      [digits, { outputs: ['nothing'] }, 'the model has no tensor "nothing"'],
      [digits, { outputs: ['image'] }, 'inside of what the NPU computes at once, or an input'],
      [digits, { outputs: logits, device: 'tpu' }, '"tpu" is none of auto, npu, software, wasm'],
      [digits, { outputs: logits, presicion: 'best' }, 'option presicion: it does not exist'],
      [digits.subarray(0, 5000), {}, 'tflite'],
      [Uint8Array.of(1, 2, 3), {}, 'TFL3'],
    ];
    for (const [bytes, options, text] of wrong)
      expect((await failure(api.Model.open(bytes, options))).message).to.contain(text);
  });

  it('does not block the program, and ends with a signal: what waits, what runs, and the opening', async () => {
    const model = await api.Model.open(digits, { outputs: logits });
    const image = Int8Array.from({ length: 1024 }, (_, i) => i * 7);
    const expected = await model.run([image]);
    const [first, second] = [new AbortController(), new AbortController()];
    const runs = [
      model.run([image], { signal: first.signal }),
      model.run([image], { signal: second.signal }),
      model.run([image]),
    ] as const;
    first.abort(new Error('not any more'));
    second.abort();
    expect((await failure(runs[0])).message).to.equal('not any more');
    expect((await failure(runs[1])).name).to.equal('AbortError');
    expect(await runs[2]).to.deep.equal(expected);
    expect((await failure(model.run([image], { signal: AbortSignal.abort() }))).name).to.equal('AbortError');
    expect((await failure(api.Model.open(digits, { outputs: logits, signal: soon() }))).name).to.equal('TimeoutError');
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    await api.Model.open(digits, { outputs: logits }).then((one) => one.close());
    clearInterval(counter);
    expect(turns).to.be.above(20);
    const closed = model.run([image]);
    model.close();
    expect((await failure(closed)).message).to.contain('it was closed');
  });

  it('an NPU that is not there is an error that says so', async function () {
    const addon = loadAddon();
    if (typeof addon === 'string' || addon.findNpu('').presence !== 'absent')
      return skip(this, 'board: this machine has an NPU');
    const error = await failure(api.Model.open(digits, { outputs: logits, device: 'npu' }));
    expect(error.message).to.contain('no Rockchip NPU on this machine');
    expect((error as Api.PtfeError).code).to.equal('device');
  });

  it('runs on the NPU, here that of a pretended kernel, to the codes of the software NPU', function () {
    if (process.arch !== 'x64')
      return skip(this, `board: the pretended driver is for x64, and this is ${process.arch}`);
    const built = buildRocket();
    if (typeof built === 'string') return skip(this, built);
    const board = new PretendedBoard();
    const program = `import { Model } from './dist/index.mjs';
      import { readFileSync } from 'node:fs';
      const bytes = readFileSync('examples/digits_int8.tflite');
      const image = Int8Array.from({ length: 1024 }, (_, i) => i * 7);
      for (const device of ['auto', 'npu', 'software']) {
        const model = await Model.open(bytes, { outputs: ${JSON.stringify(logits)}, device });
        for (let i = 0; i < 2; i++) console.log(model.device, String((await model.run([image]))[0]));
        model.close();
      }`;
    const env = { ...process.env, LD_PRELOAD: built.driver, ROCKET_ROOT: board.root };
    const args = ['--input-type=module', '-e', program];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: repository, env, encoding: 'utf8' });
    const left = board.left();
    board.remove();
    expect([status, stderr]).to.deep.equal([0, '']);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(lines.map(([device]) => device)).to.deep.equal(['npu', 'npu', 'npu', 'npu', 'software', 'software']);
    expect(new Set(lines.map(([, codes]) => codes)).size).to.equal(1);
    // Four runs of one job, on memory that was given back.
    expect(left.map(({ submit, create, close }) => [submit, create > 0, close > 0])).to.deep.equal([[4, true, true]]);
  });

  it('lets a program end that closes nothing', () => {
    const program = `import { Model } from './dist/index.mjs';
      import { readFileSync } from 'node:fs';
      const model = await Model.open(readFileSync('examples/digits_int8.tflite'), { outputs: ${JSON.stringify(logits)} });
      console.log((await model.run([new Int8Array(1024)]))[0].length);`;
    const args = ['--input-type=module', '-e', program];
    const done = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8', timeout: 30_000 });
    expect([done.status, done.stdout, done.stderr]).to.deep.equal([0, '10\n', '']);
  });

  it('examples/classify.mjs classifies pictures', function () {
    if (addonPath.includes('sanitized')) return skip(this, 'tool: the example runs what npm run build made');
    for (const digit of [3, 8]) {
      const files = ['digits_int8.tflite', 'digits_labels.txt', `pictures/digit_${digit}.png`];
      const args = ['examples/classify.mjs', ...files.map((file) => `examples/${file}`)];
      const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: repository, encoding: 'utf8' });
      expect(stderr).to.equal('');
      expect(stdout).to.match(new RegExp(`^on (software|npu):\\n0\\.\\d+ {2}${digit}\\n`));
    }
  });
});
