import { expect } from 'chai';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { pythonEnvironment, runtimes } from '../host/python.js';
import { seeds } from '../host/seeds.js';
import { skip } from '../host/skip.js';
import { randomGraph } from '../random/graph.js';

/** What users run: the delegate with `cores`, in both runtimes and with both op resolvers; inputs are resized on the way. */
describe('cores=3 and cores=auto through the delegate', function () {
  this.timeout(600_000);
  const count = 4;
  for (const runtime of runtimes) {
    it(`${count} random graphs in ${runtime}: the outputs of cores=1`, async function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built');
      const cache = mkdtempSync(join(tmpdir(), 'ptfe-cores-'));
      const oracle = new Oracle(environment, { variables: { PTFE_CACHE: cache, MALLOC_PERTURB_: '165' } });
      const [seed = 1] = seeds;
      const wrong: string[] = [];
      for (let i = 0; i < count; i++) {
        const graph = randomGraph(seed + 100 + i);
        const runs = [];
        for (const cores of ['1', '3', 'auto'])
          runs.push(
            await oracle.run({
              model: graph.bytes,
              inputs: graph.invokes.map(({ inputs }) => inputs),
              shapes: graph.invokes.map(({ shapes }) => shapes),
              kernels: i % 2 === 0 ? 'reference' : 'default',
              delegate: { library: delegateLibrary, options: { parts: 'all', cores } },
            }),
          );
        const values = runs.map((run) =>
          run.ok ? run.outputs.flat().map(({ data }) => Buffer.from(data).toString('base64')) : [run.error],
        );
        for (const [other, got] of values.entries())
          if (got.join() !== values[0]?.join()) wrong.push(`seed ${graph.seed}, run ${other}: ${graph.title}`);
      }
      await oracle.stop();
      rmSync(cache, { recursive: true, force: true });
      expect(wrong).to.deep.equal([]);
    });
  }
});
