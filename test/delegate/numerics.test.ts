import { expect } from 'chai';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { type Numerics, numericsNames } from '../../src/graph/numerics.js';
import { readTflite } from '../../src/tflite/reader.js';
import { numericsOf, type Runtime } from '../host/python.js';
import { delegateLibrary, Oracle, type RunRequest } from '../host/oracle.js';
import { pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { type SummingOp, sumsNearTies } from '../ops/numerics_models.js';
import { combined } from '../ops/elementwise_models.js';
import { drawn } from '../ops/builder.js';
import { type Bench, cachedPlans, openBench } from './host_program.js';
import type { TestModel } from './models.js';

const releases: readonly Runtime[] = ['tflite_runtime', 'ai_edge_litert', 'litert_nightly'];
const resolvers: readonly NonNullable<RunRequest['kernels']>[] = ['reference', 'optimized', 'default'];
const ops: readonly SummingOp[] = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED'];

const first = (arbitrary: Parameters<typeof drawn>[0]): TestModel => {
  const [model] = drawn(arbitrary, 1);
  if (model === undefined) throw new Error('no model');
  return { bytes: writeTflite(model.spec), inputs: model.inputs } as TestModel;
};
const byOp = ops.map((op) => [op, first(sumsNearTies(op, op === 'FULLY_CONNECTED' ? 'int8' : 'uint8'))] as const);

const lineOf = (stderr: string): string => /^ptfe: numerics .*$/m.exec(stderr)?.[0] ?? '';

for (const runtime of releases) {
  describe(`delegate: numerics, in ${runtime}`, function () {
    this.timeout(200_000);
    const own = numericsOf[runtime];
    const other: Numerics = own === 'litert-2.4' ? 'tflite-2.14' : 'litert-2.4';
    let bench: Bench;
    before(function () {
      const opened = openBench(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      bench = opened;
    });
    after(() => bench?.remove());

    const run = async (
      model: TestModel,
      options: Readonly<Record<string, string>>,
      kernels?: RunRequest['kernels'],
    ) => {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) throw new Error(environment.reason);
      const oracle = new Oracle(environment);
      const result = await oracle.run({
        model: model.bytes,
        inputs: [model.inputs],
        delegate: { library: delegateLibrary, options },
        ...(kernels === undefined ? {} : { kernels }),
      });
      await oracle.stop();
      if (!result.ok) throw new Error(`${result.error} ${result.stderr}`);
      return result;
    };

    for (const kernels of resolvers) {
      it(`auto finds ${own}, with the ${kernels} kernels`, async () => {
        for (const [op, model] of byOp) {
          const said = lineOf((await run(model, { verbose: '1' }, kernels)).stderr);
          expect(said, op).to.match(new RegExp(`^ptfe: numerics ${own}: `));
          // A convolution of any kind answers for itself.
          if (op !== 'FULLY_CONNECTED') expect(said).to.match(/(float32|double) products of scales/);
          else if (kernels === 'reference') expect(said).to.match(/(one|two) roundings? in FULLY_CONNECTED/);
        }
      });
    }

    it('without a kernel to ask it is the version beside the library', async () => {
      const model = first(combined(['ADD'], 'map', ['whole']));
      expect(lineOf((await run(model, { verbose: '1', parts: 'all' })).stderr)).to.match(
        new RegExp(`^ptfe: numerics ${own}: (tflite_runtime|ai_edge_litert(_nightly)?) [0-9.]+`),
      );
    });

    it('is what the option says, where it says so; each in an entry of the cache', async () => {
      const [, model] = byOp[2] ?? [];
      if (model === undefined) throw new Error('no model');
      const cache = join(bench.folder, 'cache');
      for (const [i, numerics] of numericsNames.entries()) {
        const { stderr } = await run(model, { verbose: '1', numerics, cache });
        expect(lineOf(stderr)).to.equal(`ptfe: numerics ${numerics}: option numerics`);
        expect(cachedPlans(cache), numerics).to.have.lengthOf(i + 1);
      }
      await run(model, { cache });
      expect(cachedPlans(cache), 'auto').to.have.lengthOf(numericsNames.length);
    });

    it('a plan file for another release: taken with a line, refused where numerics was given', async () => {
      const [, model] = byOp[2] ?? [];
      if (model === undefined) throw new Error('no model');
      mkdirSync(bench.folder, { recursive: true });
      const planOf = (numerics: Numerics): string => {
        const path = join(bench.folder, `${numerics}.plan`);
        const compiled = compileTflite(model.bytes, { trust: 'inferred', parts: 'all', numerics });
        writeFileSync(path, planFile(readTflite(model.bytes).graph, compiled));
        return path;
      };
      const good = await run(model, { plan: planOf(own) });
      expect(good.partitions).to.equal(1);
      expect(good.stderr).to.not.match(/numbers of/);
      const taken = await run(model, { plan: planOf(other) });
      expect(taken.partitions).to.equal(1);
      expect(taken.stderr.match(/^ptfe: .*numbers of .*$/gm) ?? []).to.have.lengthOf(1);
      expect(taken.stderr).to.contain(`--numerics ${own}`);
      const refused = await run(model, { plan: planOf(other), numerics: own });
      expect(refused.partitions).to.equal(0);
      expect(refused.stderr).to.match(/falling back to CPU: the plan .* it gives the numbers of/);
    });

    it('asking changes nothing: without parts the outputs are those without a delegate', async () => {
      for (const kernels of resolvers) {
        for (const [, model] of byOp) {
          const environment = pythonEnvironment(runtime);
          if (!environment.available) throw new Error(environment.reason);
          const oracle = new Oracle(environment);
          const request = { model: model.bytes, inputs: [model.inputs], kernels };
          const plain = await oracle.run(request);
          const asked = await oracle.run({
            ...request,
            delegate: { library: delegateLibrary, options: { node: '/nonexistent/node' } },
          });
          await oracle.stop();
          if (!plain.ok || !asked.ok) throw new Error('not run');
          expect(asked.outputs).to.deep.equal(plain.outputs);
        }
      }
    });
  });
}
