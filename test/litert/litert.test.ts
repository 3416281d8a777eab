import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { cutTflite } from '../../src/explain/cut.js';
import { litertModel } from '../../src/explain/litert_model.js';
import { readTflite } from '../../src/tflite/reader.js';
import { streamingModel } from '../delegate/changing_models.js';
import { loadAddon } from '../host/addon.js';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { numericsOf, type PythonEnvironment, pythonEnvironment } from '../host/python.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

/** LiteRT's CompiledModel with libptfe.so as its dispatch library, on models whose parts are DISPATCH_OPs. */
describe("LiteRT's CompiledModel", function () {
  this.timeout(120_000);
  const options = { trust: 'inferred', parts: 'all', numerics: numericsOf.ai_edge_litert } as const;
  const digits = new Uint8Array(readFileSync(join(repository, 'examples/digits_int8.tflite')));
  let environment: Extract<PythonEnvironment, { readonly available: true }>;
  let folder = '';
  before(function () {
    const found = pythonEnvironment('ai_edge_litert');
    if (!found.available) return skip(this, found.reason);
    if (!existsSync(delegateLibrary) || process.env['PTFE_PRELOAD'] !== undefined)
      return skip(this, 'tool: the delegate is not built, or not for this process');
    demandFresh('delegate');
    environment = found;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-litert-'));
    mkdirSync(join(folder, 'dispatch'));
    symlinkSync(delegateLibrary, join(folder, 'dispatch/libLiteRtDispatch_Rockchip.so'));
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  interface Compiled {
    readonly model: Uint8Array;
    readonly plans: readonly Uint8Array[];
  }
  const compiled = (bytes: Uint8Array): Compiled => {
    const made = compileTflite(bytes, options);
    const file = planFile(readTflite(bytes).graph, made);
    return { model: litertModel(bytes, made, file), plans: made.parts.map(({ plan }) => plan) };
  };
  interface Run {
    readonly status: number | null;
    readonly said: string;
    readonly bytes: Uint8Array;
  }
  const run = (
    model: Uint8Array,
    inputs: readonly Uint8Array[],
    variables: Readonly<Record<string, string>> = {},
  ): Run => {
    const file = (name: string, bytes: Uint8Array): string => {
      writeFileSync(join(folder, name), bytes);
      return join(folder, name);
    };
    const output = file('output', new Uint8Array());
    const args = [
      join(import.meta.dirname, 'compiled_model.py'),
      ...[join(folder, 'dispatch'), file('model.tflite', model), output],
      ...inputs.map((bytes, i) => file(`input${i}`, bytes)),
    ];
    const env = { ...process.env, PTFE_DEVICE: 'software', ...variables };
    const { status, stdout, stderr } = spawnSync(environment.python, args, { encoding: 'utf8', env, timeout: 60_000 });
    return { status, said: `${stdout}${stderr}`, bytes: new Uint8Array(readFileSync(output)) };
  };
  const noise = (bytes: number): Uint8Array =>
    Uint8Array.from({ length: bytes }, (_, i) => (i * 97 + (i >> 3) * 31) % 256);

  it('runs a model that is one part, to the bits of the plan', function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
    const { model, plans } = compiled(cutTflite(digits, 0, 26));
    expect(plans).to.have.length(1);
    const pixels = noise(32 * 32);
    const { status, said, bytes } = run(model, [pixels]);
    expect(status, said).to.equal(0);
    expect(said).to.contain('fully accelerated');
    expect([bytes]).to.deep.equal(addon.planRun(plans[0] ?? new Uint8Array(), [pixels]));
  });

  it('runs nodes that stay on the CPU between parts, as the delegate does', async () => {
    const { model, plans } = compiled(digits);
    expect(plans.length).to.be.above(0);
    const pixels = noise(32 * 32);
    const { status, said, bytes } = run(model, [pixels]);
    expect(status, said).to.equal(0);
    const oracle = new Oracle(environment);
    const delegate = { library: delegateLibrary, options: { device: 'software', parts: 'all' } };
    const wanted = await oracle.run({ model: digits, inputs: [[pixels]], delegate, kernels: 'default' });
    await oracle.stop();
    if (!wanted.ok) throw new Error(wanted.error);
    expect(bytes).to.deep.equal(new Uint8Array(wanted.outputs[0]?.[0]?.data ?? []));
  });

  it('what cannot run fails when the model is compiled, with a line', () => {
    const { model } = compiled(cutTflite(digits, 0, 3));
    const none = run(model, [noise(32 * 32)], { PTFE_DEVICE: 'npu' });
    expect(none.status).to.not.equal(0);
    expect(none.said).to.match(/^ptfe: device=npu: no Rockchip NPU on this machine/m);
    const damaged = model.slice();
    const at = damaged.length - 4096;
    damaged[at] = (damaged[at] ?? 0) ^ 0x10;
    const wrong = run(damaged, [noise(32 * 32)]);
    expect(wrong.status).to.not.equal(0);
    expect(wrong.said).to.match(/^ptfe: .*(damaged|plan)/m);
    const misspelt = run(model, [noise(32 * 32)], { PTFE_DEVICE: 'gpu' });
    expect(misspelt.status).to.not.equal(0);
    expect(misspelt.said).to.contain('option device: "gpu" is not a value');
  });

  it('is not for models whose order a dispatch op would not keep', () => {
    const { bytes } = streamingModel();
    expect(() => compiled(bytes)).to.throw('it has variables or several graphs');
  });
});
