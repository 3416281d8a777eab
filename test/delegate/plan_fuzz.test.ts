import { expect } from 'chai';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { addonPath } from '../host/addon.js';
import { demandFresh } from '../host/fresh.js';
import { preloaded } from '../host/oracle.js';
import { seeds } from '../host/seeds.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { resized, transposed } from '../ops/host_models.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

/** Plans with wrong records and a right checksum: rejected or run, never a crash. PTFE_FUZZ sets the rounds for each plan. */
describe('damaged plans', function () {
  this.timeout(600_000);
  const rounds = process.env['PTFE_FUZZ'] ?? '400';

  for (const seed of seeds)
    it(`are rejected or run, but never crash the host: seed ${seed}`, function () {
      if (!existsSync(addonPath)) return skip(this, 'tool: the addon is not built (npm run build:native)');
      demandFresh('delegate');
      const folder = mkdtempSync(join(tmpdir(), 'ptfe-fuzz-'));
      const models = fc
        .sample(modelChoice, { numRuns: 200, seed })
        .filter(({ size }) => size === 'usual')
        .map(buildModel)
        .filter(({ bytes }) => bytes.length < 9000);
      const host = [transposed, resized('RESIZE_BILINEAR')].flatMap((of) => fc.sample(of, { numRuns: 2, seed }));
      for (const model of [
        ...models.filter(({ depth }) => depth === 1).slice(0, 2),
        ...models.filter(({ depth }) => depth > 1).slice(0, 4),
        ...host.map((one) => ({ ...one, bytes: writeTflite(one.spec) })),
      ]) {
        const [part] = compileTflite(model.bytes).parts;
        if (part === undefined) continue;
        const planFile = join(folder, 'plan');
        writeFileSync(planFile, part.plan);
        const inputs = part.inputs.map((tensor, i) => {
          const file = join(folder, `input${i}`);
          writeFileSync(file, model.inputs[model.spec.inputs.indexOf(tensor)] ?? new Uint8Array());
          return file;
        });
        const script = join(import.meta.dirname, 'fixtures/fuzz_plan.mjs');
        const done = spawnSync(process.execPath, [script, addonPath, planFile, rounds, String(seed), ...inputs], {
          encoding: 'utf8',
          timeout: 200_000,
          env: { ...process.env, ...preloaded, PTFE_DEVICE: 'software' },
        });
        expect(
          { status: done.status, signal: done.signal },
          `${model.title}\n${done.stderr.slice(-1500)}`,
        ).to.deep.equal({ status: 0, signal: null });
        console.log(`      ${part.plan.length} bytes: ${done.stdout.trim()}`);
      }
      rmSync(folder, { recursive: true, force: true });
    });
});
