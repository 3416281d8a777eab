import { expect } from 'chai';
import fc from 'fast-check';
import koffi from 'koffi';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { loadAddon } from '../host/addon.js';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary } from '../host/oracle.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

/** The library's own C ABI (delegate/include/ptfe.h) and TFLite's entry points, called from this process by koffi. */
const errorBytes = 512;

const tensorType = koffi.struct('ptfe_tensor', {
  tflite_index: 'uint32_t',
  type: 'uint32_t',
  shape: koffi.array('uint32_t', 4),
  scale: 'float',
  zero_point: 'int32_t',
  bytes: 'size_t',
});

interface Tensor {
  readonly tflite_index: number;
  readonly shape: ArrayLike<number>;
  readonly bytes: number;
}

const load = () => {
  const library = koffi.load(delegateLibrary);
  const session = 'void *';
  return {
    version: library.func('const char *ptfe_version()'),
    open: library.func('ptfe_open', session, ['void *', 'size_t', 'str', 'void *', 'size_t']),
    inputCount: library.func('ptfe_input_count', 'uint32_t', [session]),
    outputCount: library.func('ptfe_output_count', 'uint32_t', [session]),
    input: library.func('ptfe_input', 'int', [session, 'uint32_t', koffi.out(koffi.pointer(tensorType))]),
    output: library.func('ptfe_output', 'int', [session, 'uint32_t', koffi.out(koffi.pointer(tensorType))]),
    run: library.func('ptfe_run', 'int', [session, 'void **', 'void **', 'void *', 'size_t']),
    taskCount: library.func('ptfe_task_count', 'uint32_t', [session]),
    taskCycles: library.func('ptfe_task_cycles', 'uint64_t', [session, 'uint32_t']),
    close: library.func('ptfe_close', 'void', [session]),
    create: library.func('tflite_plugin_create_delegate', 'void *', ['char **', 'char **', 'size_t', 'void *']),
    destroy: library.func('tflite_plugin_destroy_delegate', 'void', ['void *']),
  };
};

const textOf = (buffer: Buffer): string => buffer.toString('utf8', 0, Math.max(0, buffer.indexOf(0)));

describe('C ABI of the library', function () {
  this.timeout(60_000);
  let abi: ReturnType<typeof load>;
  const models = fc.sample(modelChoice, { numRuns: 40, seed: 3 }).map(buildModel);
  before(function () {
    if (!existsSync(delegateLibrary) || process.env['PTFE_PRELOAD'] !== undefined)
      return skip(this, 'tool: the delegate is not built, or not for this process');
    demandFresh('delegate');
    abi = load();
  });

  it('names its version', () => {
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
    expect(abi.version()).to.equal(version);
  });

  it('runs plans to the bits of the addon', function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    for (const { bytes, inputs, spec, title } of models.slice(0, 20)) {
      const [part] = compileTflite(bytes).parts;
      if (part === undefined) throw new Error(title);
      const plan = Buffer.from(part.plan);
      const error = Buffer.alloc(errorBytes);
      const session: unknown = abi.open(plan, plan.length, null, error, errorBytes);
      expect(session, textOf(error)).to.not.equal(null);
      const pictures = part.inputs.map((tensor) =>
        Buffer.from(inputs[spec.inputs.indexOf(tensor)] ?? new Uint8Array()),
      );
      expect(abi.inputCount(session)).to.equal(pictures.length);
      const outputs = part.outputs.map((tensor, i) => {
        const described = {} as Tensor;
        expect(abi.output(session, i, described)).to.equal(0);
        expect(described.tflite_index).to.equal(tensor);
        return Buffer.alloc(Number(described.bytes));
      });
      expect(abi.output(session, outputs.length, {})).to.equal(-1);
      expect(abi.run(session, pictures, outputs, error, errorBytes), textOf(error)).to.equal(0);
      expect(abi.taskCount(session)).to.be.above(0);
      expect(Number(abi.taskCycles(session, 0))).to.be.above(0);
      abi.close(session);
      const expected = addon.planRun(part.plan, pictures);
      outputs.forEach((output, i) => expect(Buffer.compare(output, expected[i] ?? Buffer.alloc(0)), title).to.equal(0));
    }
  });

  it('refuses what is no plan, with a sentence', () => {
    const error = Buffer.alloc(errorBytes);
    expect(abi.open(Buffer.alloc(4096), 4096, null, error, errorBytes)).to.equal(null);
    expect(textOf(error)).to.equal('damaged plan: wrong magic');
    expect(abi.open(Buffer.alloc(8), 5, 'no_fact=1', error, errorBytes)).to.equal(null);
    expect(abi.open(Buffer.alloc(8), 5, null, error, 8)).to.equal(null);
    expect(textOf(error)).to.equal('damaged'.slice(0, 7));
    abi.close(null);
  });

  it("gives TFLite a delegate, or says through TFLite's callback why not", () => {
    const said: string[] = [];
    const report = koffi.register(
      (text: string) => void said.push(text),
      koffi.pointer(koffi.proto('void report(str)')),
    );
    const made: unknown = abi.create(['verbose', 'device'], ['1', 'software'], 2, report);
    expect(made).to.not.equal(null);
    abi.destroy(made);
    expect(abi.create(['verbose'], ['loud'], 1, report)).to.equal(null);
    expect(abi.create(['nothing'], ['1'], 1, report)).to.equal(null);
    expect(said.map((line) => line.slice(0, 24))).to.deep.equal(
      ['option verbose: "loud" is', 'unknown option "nothing"'].map((line) => line.slice(0, 24)),
    );
    const bare: unknown = abi.create(null, null, 7, null);
    expect(bare).to.not.equal(null);
    abi.destroy(bare);
    abi.destroy(null);
    koffi.unregister(report);
  });
});
