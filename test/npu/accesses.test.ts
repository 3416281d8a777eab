import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { goldenModels } from '../golden/models.js';
import { addressSanitizer, buildProgram, planUnits } from '../host/native_program.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { resized, transposed } from '../ops/host_models.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

const programs = process.env['PTFE_RANDOM_PROGRAMS'] ?? '400';

/** The ranges that the gate proves to be inside a buffer are all that the software NPU touches (`delegate/npu/accesses.c`). */
describe('accesses of tasks', function () {
  this.timeout(300_000);
  let program = '';
  before(function () {
    const built = buildProgram({
      name: 'accesses',
      units: [
        ...readdirSync(import.meta.dirname)
          .filter((name) => name === 'accesses.c' || /^random_(?!programs)\w+\.c$/.test(name))
          .map((name) => join(import.meta.dirname, name)),
        ...planUnits,
      ],
      flags: addressSanitizer,
    });
    if ('path' in built) program = built.path;
    else return skip(this, built.why);
  });
  const run = (...more: readonly string[]): void => {
    const { stdout, stderr, status } = spawnSync(program, more, { encoding: 'utf8' });
    console.log(`      ${stdout.trim().split('\n').at(-1) ?? ''}`);
    expect(status, `${stdout.slice(-1000)}\n${stderr.slice(0, 2000)}`).to.equal(0);
  };

  it('random register programs, on the reference, the portable and the vector path', () =>
    run('random', '1', programs));

  it('plans: golden models, random models, steps of the host', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-accesses-'));
    const host = [transposed, resized('RESIZE_BILINEAR')].flatMap((of) => fc.sample(of, { numRuns: 3, seed: 2 }));
    const models = [
      ...goldenModels.map(({ bytes }) => bytes),
      ...fc.sample(modelChoice, { numRuns: 25, seed: 9 }).map((choice) => buildModel(choice).bytes),
      ...host.map(({ spec }) => writeTflite(spec)),
    ];
    const files = models.flatMap((bytes, i) =>
      compileTflite(bytes).parts.map(({ plan }, part) => {
        const file = join(folder, `${i}.${part}`);
        writeFileSync(file, plan);
        return file;
      }),
    );
    expect(files.length).to.be.above(40);
    run('plans', ...files);
    rmSync(folder, { recursive: true, force: true });
  });
});
