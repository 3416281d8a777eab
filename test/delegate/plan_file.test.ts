import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { numericsNames } from '../../src/graph/numerics.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { holdsAsync } from '../host/holds.js';
import { delegateLibrary, Oracle, type RunResult } from '../host/oracle.js';
import { numericsOf, pythonEnvironment, repository, runtimes } from '../host/python.js';
import { seededRandom } from '../host/random.js';
import { needShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { randomGraph } from '../partition/random_graph.js';
import { reshapedModel } from './changing_models.js';
import { expectDelegated, expectFallback, expectScenario } from './expectations.js';
import { type Bench, openBench, said } from './host_program.js';
import { int8Model, type TestModel } from './models.js';

/** A compiled model on a machine that has no Node: PATH is empty, the cache is an empty folder, no engine is named. */
for (const runtime of runtimes) {
  describe(`delegate: plan files, in ${runtime}`, function () {
    this.timeout(100_000);
    let bench: Bench;
    let reference: RunResult;
    let plan = '';
    const model = int8Model();
    const numerics = numericsOf[runtime];
    const compiled = (bytes: Uint8Array): Uint8Array =>
      planFile(readTflite(bytes).graph, compileTflite(bytes, { trust: 'inferred', parts: 'all', numerics }));
    const contents = compiled(model.bytes);
    before(async function () {
      const opened = openBench(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      bench = opened;
      reference = await bench.reference(model);
      plan = fileOf('model.plan', contents);
    });
    after(() => bench?.remove());

    const fileOf = (name: string, bytes: Uint8Array): string => {
      const path = join(bench.folder, name);
      writeFileSync(path, bytes);
      return path;
    };
    const withoutNode = (): Readonly<Record<string, string>> => {
      const empty = join(bench.folder, 'empty');
      mkdirSync(empty, { recursive: true });
      return { PATH: empty, PTFE_CACHE: join(bench.folder, 'cache') };
    };
    const run = (of: TestModel, file: string, more: Readonly<Record<string, string>> = {}): Promise<RunResult> =>
      bench.run(of, { plan: file, ...more }, { variables: withoutNode() });

    it('one part, and nothing else is written or started', async () => {
      const result = await run(model, plan);
      expectDelegated(result, reference);
      if (!result.ok) return;
      expect(result.partitions).to.equal(1);
      expect(result.nodes.every(({ delegated }) => delegated)).to.equal(true);
      expect(said(result.stderr)).to.deep.equal([]);
      expect(readdirSync(bench.folder)).to.not.include('cache');
      const engine = await bench.run(model, {});
      if (engine.ok) expect(result.outputs).to.deep.equal(engine.outputs);
    });

    it('is needed: without it nothing is taken there', async () =>
      expectFallback(await bench.run(model, {}, { variables: withoutNode() }), reference, /Node|node/));

    it('several parts in one file', async () => {
      const two = reshapedModel(4, 9);
      const result = await run(two, fileOf('two.plan', compiled(two.bytes)));
      expectDelegated(result, await bench.reference(two), 1);
      if (result.ok) expect(result.partitions).to.equal(2);
    });

    it('real models: the parts and the graph of the file are those that TFLite has', async function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      const oracle = new Oracle(environment, { variables: withoutNode() });
      for (const name of [
        'models/kws_ref_model',
        'models/mltk_visual_wake_words_float_io',
        'models/microwakeword_hey_jarvis',
        'models/ssd_slim_face_120x160_int8',
        'models/coco_ssd_mobilenet_v1_1.0_quant',
        'models/movenet_single_pose_lightning_ptq',
        'faults/stream_interleaved',
        'faults/stream_reads_first_works',
      ]) {
        needShared(this, `${name}.tflite`);
        const path = sharedPath(`${name}.tflite`);
        const bytes = Uint8Array.from(readFileSync(path));
        const { parts } = compileTflite(bytes, { trust: 'inferred', parts: 'all' });
        const options = { plan: fileOf(`${basename(name)}.plan`, compiled(bytes)) };
        const result = await oracle.run({ model: path, inputs: [], delegate: { library: delegateLibrary, options } });
        if (!result.ok) throw new Error(result.error);
        expect(said(result.stderr), name).to.deep.equal([]);
        expect(result.partitions, name).to.equal(parts.length).and.to.be.above(0);
      }
      await oracle.stop();
    });

    it('of random graphs with variables and calls of other graphs are taken as they are', async () => {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) throw new Error(environment.reason);
      const oracle = new Oracle(environment);
      let cut = 0;
      await holdsAsync(
        fc.asyncProperty(fc.integer(), async (seed) => {
          const bytes = writeTflite(randomGraph(seededRandom(seed)).spec);
          const { parts } = compileTflite(bytes, { trust: 'inferred', parts: 'all' });
          fc.pre(parts.length > 0);
          const options = { plan: fileOf('random.plan', compiled(bytes)) };
          const result = await oracle.run({
            model: bytes,
            inputs: [],
            delegate: { library: delegateLibrary, options },
          });
          if (!result.ok) throw new Error(result.error);
          expect(said(result.stderr)).to.deep.equal([]);
          expect(result.partitions).to.equal(parts.length);
          if (parts.length > 1) cut++;
        }),
        { numRuns: 40 },
      );
      expect(cut).to.be.above(10);
      await oracle.stop();
    });

    it('verbose=1 says what runs where', async () => {
      const result = await run(model, plan, { verbose: '1' });
      expect(said(result.stderr).join('\n')).to.match(/4 of 4 nodes on the NPU in 1 partition/);
    });

    it('in a folder: the one of this model, whatever else lies there', async () => {
      const folder = join(bench.folder, 'plans');
      const none = join(bench.folder, 'no plans');
      for (const path of [folder, none]) mkdirSync(path, { recursive: true });
      const two = reshapedModel(4, 9);
      const twoReference = await bench.reference(two);
      writeFileSync(join(folder, 'note.txt'), 'no plan');
      const without = await run(model, none);
      expectFallback(without, reference, /no plans: there is no file NAME\.plan in this folder/);
      writeFileSync(join(folder, '1.plan'), contents.subarray(0, contents.length - 8));
      writeFileSync(join(folder, '2.plan'), compiled(two.bytes));
      mkdirSync(join(folder, '3.plan'), { recursive: true });
      const other = await run(model, folder);
      expectFallback(
        other,
        reference,
        /none of the 3 plans in this folder was compiled from this model, for these sizes \(2 damaged, or no/,
      );
      writeFileSync(join(folder, '4.plan'), contents);
      expectDelegated(await run(model, folder), reference);
      expectDelegated(await run(two, folder), twoReference, 1);
      const named = await run(model, folder, { verbose: '1' });
      expect(said(named.stderr).join('\n')).to.contain(`plan ${join(folder, '4.plan')}\n`);
    });

    it("in a folder: the one with the host's numbers, before and after others; another release's where it is alone", async () => {
      const folder = join(bench.folder, 'releases');
      mkdirSync(folder, { recursive: true });
      const { graph } = readTflite(model.bytes);
      const options = { trust: 'inferred', parts: 'all' } as const;
      const others = numericsNames.filter((name) => name !== numerics);
      for (const [i, name] of others.entries()) {
        const bytes = planFile(graph, compileTflite(model.bytes, { ...options, numerics: name }));
        writeFileSync(join(folder, `${i === 0 ? 'a' : 'z'}.plan`), bytes);
      }
      const line = /a\.plan gives the numbers of .*, where this host has those of/;
      const near = await run(model, folder);
      expect(near.ok && near.partitions).to.equal(1);
      expect(said(near.stderr).join('\n')).to.match(line);
      const asked = await run(model, folder, { numerics });
      expectFallback(asked, reference, /releases: it gives the numbers of .*, and the option numerics asks for/);
      writeFileSync(join(folder, 'm.plan'), contents);
      const result = await run(model, folder);
      expectDelegated(result, reference);
      expect(said(result.stderr)).to.deep.equal([]);
    });

    it('of another model, or none at all: one line, and the CPU goes on', async () => {
      const changed = Uint8Array.from(model.bytes);
      const at = changed.length >> 1;
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      const twin = { bytes: changed, inputs: model.inputs };
      const twinReference = await bench.reference(twin);
      expectFallback(await run(twin, plan), twinReference, /model\.plan: it was compiled from another model/);
      const cases = [
        [join(bench.folder, 'none.plan'), /none\.plan: No such file/],
        [fileOf('empty.plan', new Uint8Array()), /not a ptfe plan file/],
        [fileOf('text.plan', new TextEncoder().encode('text '.repeat(100))), /not a ptfe plan file/],
        [fileOf('cut.plan', contents.subarray(0, contents.length - 8)), /it is damaged/],
        [fileOf('two.plan', compiled(reshapedModel(4, 9).bytes)), /compiled from another model/],
      ] as const;
      for (const [file, why] of cases) expectFallback(await run(model, file), reference, why);
    });

    it('a bit that is wrong anywhere is found', async () => {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) throw new Error(environment.reason);
      const oracle = new Oracle(environment);
      for (let i = 0; i < 60; i++) {
        const at = i < 20 ? 7 * i : Math.floor((contents.length * (i - 19.5)) / 40);
        const spoilt = Uint8Array.from(contents);
        spoilt[at] = (spoilt[at] ?? 0) ^ (1 << (i % 8));
        const options = { plan: fileOf('spoilt.plan', spoilt) };
        const result = await oracle.run({
          model: model.bytes,
          inputs: [model.inputs],
          delegate: { library: delegateLibrary, options },
        });
        expectDelegatedOrNot(result, reference, at);
      }
      await oracle.stop();
    });

    it('inputs of another size run on the CPU', () => {
      const scenario = bench.scenario('resize', model, { options: { plan }, variables: withoutNode() });
      expectScenario(scenario);
      expect(said(scenario.stderr).join()).to.match(/a plan file \(option plan\) is for one size/);
    });

    it('from C, without TFLite', async function () {
      const program = join(bench.folder, 'run_plan');
      const { CC: compiler = 'cc' } = process.env;
      if (process.env['PTFE_LIBRARY'] !== undefined) return skip(this, "tool: a sanitizer's library needs its runtime");
      const include = join(repository, 'delegate/include');
      const source = join(repository, 'examples/run_plan.c');
      const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', `-I${include}`];
      const built = spawnSync(
        compiler,
        [...flags, source, delegateLibrary, `-Wl,-rpath,${dirname(delegateLibrary)}`, '-o', program],
        { encoding: 'utf8' },
      );
      expect(built.status, built.stderr).to.equal(0);
      const input = fileOf('input', model.inputs[0] ?? new Uint8Array());
      const onDevice = (...device: readonly string[]) =>
        spawnSync(program, [...device, plan, '0', join(bench.folder, 'out'), input], { encoding: 'utf8', env: {} });
      const done = onDevice('--device', 'software');
      expect(done.stderr).to.equal('');
      expect(done.stdout).to.match(/^device: software$/m);
      const { parts } = compileTflite(model.bytes);
      const delegated = await run(model, plan);
      if (!delegated.ok) throw new Error(delegated.error);
      expect(parts[0]?.outputs).to.have.length(2);
      parts[0]?.outputs.forEach((tensor, i) => {
        const expected = delegated.outputs[0]?.find(({ index }) => index === tensor)?.data;
        expect(Buffer.compare(readFileSync(join(bench.folder, `out${i}`)), expected ?? new Uint8Array())).to.equal(0);
      });
      // What auto and npu come to depends on the machine; what they may not do is compute on something else unsaid.
      const { status: hasNpu, stdout: onNpu, stderr: whyNot } = onDevice('--device', 'npu');
      if (hasNpu === 0) expect(onNpu).to.match(/^device: npu$/m);
      else expect(whyNot).to.match(/model\.plan: device=npu: \w.*\n$/);
      for (const automatic of [onDevice(), onDevice('--device', 'auto')]) {
        if (automatic.status === 0) {
          expect(automatic.stdout).to.match(hasNpu === 0 ? /^device: npu$/m : /^device: software$/m);
        } else expect(automatic.stderr).to.match(/model\.plan: .*NPU/);
      }
      for (const wrong of ['none', 'NPU', '', 'x'.repeat(1000)]) {
        const refused = onDevice('--device', wrong);
        expect(refused.status).to.equal(1);
        expect(refused.stderr).to.match(/: device "\w*": not one of auto, npu, software\n$/);
      }
      for (const [part, text] of [
        ['1', /no such part/],
        ['0', /takes 1 inputs, not 0/],
        ...['x', '', '-1', '1x', ' 0', '99999999999999999999'].map(
          (wrong) => [wrong, /not the number of a part/] as const,
        ),
      ] as const) {
        const refused = spawnSync(program, [plan, part, 'out'], { encoding: 'utf8', env: {} });
        expect(refused.status).to.equal(1);
        expect(refused.stderr).to.match(text);
      }
    });
  });
}

/** Right either way; where nothing was taken, one line says why. */
function expectDelegatedOrNot(result: RunResult, reference: RunResult, at: number): void {
  if (!result.ok) throw new Error(`byte ${at}: ${result.error}`);
  if (result.partitions > 0) expectDelegated(result, reference);
  else expectFallback(result, reference, /spoilt\.plan/);
}
