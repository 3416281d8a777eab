// Not a unit test: it starts the engine as a process.
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { chain, heavy, residuals, wide } from '../../benchmarks/growth_models.js';
import { compileByEngine, engine } from '../../benchmarks/growth.js';
import { compileTflite } from '../../src/compile.js';
import { demandFresh } from '../host/fresh.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';

/** Eight times the model takes about eight times the work: benchmarks/growth.ts has the whole table. */
describe('growth of a compile', function () {
  this.timeout(60_000);
  const [small, factor] = [50, 8];

  /** Processor milliseconds, the least of a few: what else runs on the machine only adds. */
  const least = (model: Uint8Array, times: number): number => {
    const taken = Array.from({ length: times }, () => {
      const before = process.cpuUsage();
      compileTflite(model, { trust: 'inferred', parts: 'all' });
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    });
    return Math.min(...taken);
  };

  for (const [what, make] of [
    ['convolutions', chain],
    ['residuals', residuals],
    ['a concatenation', wide],
  ] as const) {
    it(`of ${what}`, () => {
      const [few, many] = [small, small * factor].map((count) => writeTflite(make(count)));
      if (few === undefined || many === undefined) throw new Error('no models');
      least(few, 2);
      const ratio = least(many, 2) / least(few, 3);
      expect(ratio, 'the square of it would be 64').to.be.below(factor * 3);
      const { parts, refusals } = compileTflite(many, { trust: 'inferred', parts: 'all' });
      expect({ parts: parts.length, refusals: refusals.length }).to.deep.equal({ parts: 1, refusals: 0 });
    });
  }

  it("of the engine's memory: three times the constants, besides Node and the compiler themselves", async function () {
    if (!existsSync(engine)) return skip(this, 'tool: the engine is not built (npm run build:engine)');
    demandFresh('engine');
    const { megabytes } = await compileByEngine(writeTflite(chain(1)));
    const megabytesOfConstants = 28.3;
    const large = await compileByEngine(writeTflite(heavy(megabytesOfConstants)));
    expect(large.megabytes - megabytes).to.be.below(3.3 * megabytesOfConstants);
  });
});
