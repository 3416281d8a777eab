import { expect } from 'chai';
import { join } from 'node:path';
import { buildHost, type HostPrograms } from './c_host.js';
import { said } from './host_program.js';
import { skip } from '../host/skip.js';

/** Out of memory is a kind of its own: it is said, and nothing else is tried or blamed for it. */
describe('delegate: what is said where memory runs out', function () {
  this.timeout(300_000);
  let host: HostPrograms;
  before(function () {
    const built = buildHost();
    if (typeof built === 'string') return skip(this, built);
    host = built;
  });
  after(() => host?.remove());

  const start = ['prepare', 'allocate', 'invoke', 'most:1'];
  const resized = [...start, 'resize:2x8x8', 'allocate', 'invoke', 'most:1'];
  const nobody = { PTFE_NODE: '/nonexistent/node' };
  for (const [from, steps, stride, node] of [
    ['the cache', start, 1, nobody],
    ['the cache, and for a new size', resized, 1, nobody],
    ['the engine', start, 4, {}],
  ] as const) {
    it(`a plan from ${from}: every line names memory`, () => {
      const cache = { PTFE_CACHE: from === 'the engine' ? 'off' : join(host.folder, 'cache') };
      const run = (n: number): { readonly lines: readonly string[]; readonly count: number } => {
        const script = ['build', 'create', `fail-allocation:${n}`, ...steps, 'end', 'destroy', 'allocations'];
        const variables = n === 0 ? cache : { ...cache, ...node };
        const { status, stdout, stderr } = host.run(script, { variables, plain: true });
        // 5: TFLite gets the error, as the parts are its own already.
        expect(status, `allocation ${n}: ${stderr}`).to.be.oneOf([0, 5]);
        return { lines: said(stderr), count: status === 5 ? Infinity : Number(/allocations (\d+)/.exec(stdout)?.[1]) };
      };
      expect(run(0).lines).to.deep.equal([]);
      const lines: string[] = [];
      for (let n = 1, reached = true; reached; n += stride) {
        const one = run(n);
        reached = one.count >= n;
        lines.push(...one.lines);
      }
      expect(lines.filter((line) => !/memory/i.test(line))).to.deep.equal([]);
      expect(lines).to.have.length.above(8);
    });
  }
});
