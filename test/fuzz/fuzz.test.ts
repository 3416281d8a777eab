import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { sourcesOf } from '../../scripts/sources.mjs';
import { type Built, buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

const corpus = join(import.meta.dirname, 'corpus');
const targets = ['plan', 'file', 'reply', 'frames', 'npu', 'table', 'options'];

/** What `npm run fuzz` has found to reach anything new, and what it found to fail, through a usual build without clang. */
describe('fuzzers: the corpus', function () {
  this.timeout(200_000);
  let built: Built;
  before(() => {
    const units = ['replay', ...targets.map((name) => `fuzz_${name}`)].map((name) =>
      join(import.meta.dirname, `${name}.c`),
    );
    const library = sourcesOf(repository, 'ptfe').map((path) => join(repository, path));
    built = buildProgram({ name: 'replay', units: [...units, ...library], flags: ['-O1'] });
  });

  for (const target of targets) {
    it(target, function () {
      if ('why' in built) return skip(this, built.why);
      const files = readdirSync(join(corpus, target)).map((name) => join(corpus, target, name));
      expect(files.length, 'inputs').to.be.above(3);
      const { status, signal, stdout, stderr } = spawnSync(built.path, [target, ...files], { encoding: 'utf8' });
      expect({ status, signal }, stderr.slice(0, 2000)).to.deep.equal({ status: 0, signal: null });
      const [, inputs, taken] = /: (\d+) inputs, (\d+) taken/.exec(stdout) ?? [];
      console.log(`      ${stdout.trim()}`);
      expect(Number(inputs)).to.equal(files.length);
      // After a change of a format: node --import tsx test/fuzz/seeds.ts && npm run fuzz -- --keep
      expect(Number(taken), 'inputs that are not refused at the door').to.be.above(0);
    });
  }
});
