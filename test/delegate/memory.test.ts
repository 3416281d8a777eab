import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import type { RunResult } from '../host/oracle.js';
import { numericsOf } from '../host/python.js';
import { type Lack, skip } from '../host/skip.js';
import { expectScenario } from './expectations.js';
import { type Bench, openAnyBench, said } from './host_program.js';
import { int8Model } from './models.js';

/** No memory, at any point of Prepare: the host goes on. */
describe('delegate: out of memory', function () {
  this.timeout(300_000);
  let bench: Bench;
  let reference: RunResult;
  const model = int8Model();
  before(async function () {
    const opened = openAnyBench();
    if (typeof opened === 'string') return skip(this, opened);
    bench = opened;
    reference = await bench.reference(model);
  });
  after(() => bench?.remove());

  function preload(): { readonly path: string } | { readonly why: Lack } {
    const shim = join(bench.folder, 'failing_malloc.so');
    const source = join(import.meta.dirname, 'fixtures/failing_malloc.c');
    const built = spawnSync(
      process.env['CC'] ?? 'cc',
      ['-shared', '-fPIC', '-O1', '-fno-builtin', '-o', shim, source],
      { encoding: 'utf8' },
    );
    if (built.error !== undefined) return { why: `tool: no C compiler (${built.error.message})` };
    if (built.status !== 0) throw new Error(built.stderr);
    return { path: shim };
  }

  for (const [how, step, source] of [
    ['with a warm cache, every allocation', 1, 'cache'],
    ['with a plan file, every allocation', 1, 'plan'],
    ['with the engine, every third allocation', 3, 'engine'],
  ] as const) {
    it(`the n-th allocation of the library fails: ${how}`, function () {
      const shim = preload();
      if ('why' in shim) return skip(this, shim.why);
      const options: Record<string, string> = source === 'engine' ? {} : { [source]: join(bench.folder, source) };
      if (source === 'plan') {
        const { graph } = readTflite(model.bytes);
        writeFileSync(
          join(bench.folder, 'plan'),
          planFile(graph, compileTflite(model.bytes, { trust: 'inferred', numerics: numericsOf[bench.runtime] })),
        );
      }
      if (source === 'cache') expectScenario(bench.scenario('rounds', model, { options, values: { rounds: 2 } }));
      const scenario = bench.scenario('allocation_failures', model, {
        // No failure spoils the entry, so that nothing is compiled anew.
        options: source === 'cache' ? { ...options, node: '/nonexistent/node' } : options,
        variables: { LD_PRELOAD: shim.path },
        values: { step, seconds: 60 },
      });
      expectScenario(scenario);
      const { allocations, fallenBack, refused, complete } = scenario.result;
      console.log(
        `      ${String(allocations)} allocations: ${String(fallenBack)} times on the CPU, ${String(refused)} times an exception`,
      );
      expect(complete, 'reached the last allocation').to.equal(true);
      expect(Number(fallenBack) + Number(refused), 'failures that were noticed').to.be.above(0);
    });
  }

  it('an address space that is too small for the engine', async () => {
    for (const kilobytes of [4_000_000, 1_500_000, 900_000, 600_000]) {
      const result = await bench.run(model, {}, { wrapper: `ulimit -v ${kilobytes}; exec "$@"` });
      if (!reference.ok || !result.ok)
        throw new Error(`${kilobytes} KB: ${result.ok ? 'no reference' : `${result.error} ${result.stderr}`}`);
      expect(result.children).to.deep.equal([]);
      const delegated = result.nodes.some((node) => node.delegated);
      if (!delegated) {
        expect(result.outputs, `${kilobytes} KB`).to.deep.equal(reference.outputs);
        expect(said(result.stderr)).to.have.lengthOf(1);
      }
    }
  });
});
