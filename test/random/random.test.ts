import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delegateLibrary } from '../host/oracle.js';
import { repository } from '../host/repository.js';
import { seeds } from '../host/seeds.js';
import { skip } from '../host/skip.js';
import { check, hostName, Hosts, hosts as allHosts } from './check.js';
import { randomGraph } from './graph.js';

/** Over all seeds; `npm run random` has more. */
const graphs = 100;

describe('random graphs of many ops through the delegate', function () {
  this.timeout(600_000);
  for (const [turn, seed] of seeds.entries()) {
    const count = seeds.length === 1 ? graphs : turn === 0 ? 60 : graphs - 60;
    it(`${count} graphs from seed ${seed}`, async function () {
      const cache = mkdtempSync(join(tmpdir(), 'ptfe-random-'));
      const hosts = new Hosts({ PTFE_CACHE: cache, MALLOC_PERTURB_: '165' });
      const here = allHosts.filter(({ runtime }) => hosts.runtimes.includes(runtime));
      const [missing] = hosts.missing;
      if (here.length === 0 && missing !== undefined) return skip(this, missing);
      if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built');
      const failures: string[] = [];
      let [refused, nodes, delegated, values, differing] = [0, 0, 0, 0, 0];
      for (let i = 0; i < count; i++) {
        const graph = randomGraph(seed + i);
        // Each graph in one of the hosts, in turn.
        const result = await check(hosts, graph, here.slice(i % here.length).slice(0, 1));
        if (result.refused !== null) refused++;
        nodes += result.nodes;
        delegated += result.delegated;
        values += result.values;
        differing += result.differing;
        for (const { host, text } of result.failures) {
          const folder = join(repository, '.cache/random');
          mkdirSync(folder, { recursive: true });
          const file = join(folder, `${graph.seed}.tflite`);
          writeFileSync(file, graph.bytes);
          failures.push(`npm run random -- --graphs 1 --seed ${graph.seed}: ${file}, ${hostName(host)}: ${text}`);
        }
      }
      await hosts.stop();
      rmSync(cache, { recursive: true, force: true });
      console.log(
        `      ${delegated} of ${nodes} nodes on the NPU, ${differing} of ${values} values differ; ${refused} graphs refused by TFLite`,
      );
      for (const failure of failures) console.log(`      ${failure}`);
      expect(failures, 'graphs with a wrong answer').to.have.lengthOf(0);
      expect(refused, 'graphs that TFLite itself refuses').to.be.at.most(0.05 * count);
      expect(delegated, 'nodes on the NPU').to.be.at.least(0.7 * nodes);
    });
  }
});
