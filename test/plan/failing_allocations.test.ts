import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { goldenModels } from '../golden/models.js';
import { addressSanitizer, buildProgram, planUnits } from '../host/native_program.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { resized, transposed } from '../ops/host_models.js';

describe('plan: out of memory', function () {
  this.timeout(300_000);

  it('each allocation of loading and running a plan fails once: a sentence, and nothing is lost', function () {
    const wraps = ['malloc', 'calloc', 'realloc'].map((name) => `-Wl,--wrap=${name}`);
    const built = buildProgram({
      name: 'failing_allocations',
      units: [join(import.meta.dirname, 'failing_allocations.c'), ...planUnits],
      flags: addressSanitizer,
      linking: wraps,
    });
    if ('why' in built) return skip(this, built.why);
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-memory-'));
    const host = [transposed, resized('RESIZE_BILINEAR')].flatMap((of) => fc.sample(of, { numRuns: 2, seed: 1 }));
    const models = [...goldenModels.map(({ bytes }) => bytes), ...host.map(({ spec }) => writeTflite(spec))];
    const files = models.flatMap((bytes, i) =>
      compileTflite(bytes).parts.map(({ plan }, part) => {
        const file = join(folder, `${i}.${part}`);
        writeFileSync(file, plan);
        return file;
      }),
    );
    const { status, stdout, stderr } = spawnSync(built.path, files, { encoding: 'utf8' });
    rmSync(folder, { recursive: true, force: true });
    console.log(`      ${stdout.trim()}`);
    expect(status, stderr.slice(0, 3000)).to.equal(0);
    expect(stdout).to.match(/^\d+ plans, \d{2,} failing allocations/);
  });
});
