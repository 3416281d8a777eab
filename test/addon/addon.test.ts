import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { type Addon, type AddonRegion, loadAddon } from '../host/addon.js';
import { type Lack, skip } from '../host/skip.js';
import { loadWasmAddon } from '../host/wasm.js';
import { goldenNames, loadGolden } from '../npu/golden.js';
import { buildModel, modelChoice } from '../ops/random_model.js';

/**
 * One suite, several targets: the native addon and the same source as WebAssembly. What they answer is compared bit for
 * bit with the native addon's scalar reference, portable and vector paths.
 */
const targets: readonly (readonly [string, () => Addon | Lack])[] = [
  ['native', loadAddon],
  ['WebAssembly', loadWasmAddon],
];

type Path = 'scalar' | 'portable' | undefined;

/** All tasks of a recorded stream; the regions' bytes afterwards. */
function runStream(addon: Addon, name: (typeof goldenNames)[number], path: Path): readonly Uint8Array[] | null {
  const golden = loadGolden(name);
  if (golden === null) return null;
  const tasks = golden.jobs.flat().map(({ regcmd, words }) => ({ iova: regcmd, words }));
  const program = addon.programOpen(golden.regions, tasks, {
    facts: { padding_surface_overrun: 'dropped' },
    ...(path === undefined ? {} : { path }),
  });
  addon.programRun(program, 0, tasks.length);
  return golden.regions.map(({ iova, bytes }) => addon.programRead(program, iova, bytes.length));
}

const models = fc.sample(modelChoice, { numRuns: 24, seed: 7 }).map(buildModel);

describe('addon', function () {
  this.timeout(600_000);
  const expected = new Map<string, readonly Uint8Array[] | null>();

  for (const [target, load] of targets) {
    describe(target, () => {
      let addon: Addon;
      before(function () {
        const loaded = load();
        if (typeof loaded === 'string') return skip(this, loaded);
        addon = loaded;
      });

      it('runs plans, with the bits of the native addon', function () {
        const native = loadAddon();
        if (typeof native === 'string') return skip(this, native);
        for (const { bytes, inputs, spec, title } of models) {
          const [part] = compileTflite(bytes).parts;
          if (part === undefined) throw new Error(title);
          const pictures = part.inputs.map((tensor) => inputs[spec.inputs.indexOf(tensor)] ?? new Uint8Array());
          expect(addon.planRun(part.plan, pictures), title).to.deep.equal(native.planRun(part.plan, pictures));
        }
      });

      it('throws for what is no plan, no input and no fact', () => {
        const [model] = models;
        const [part] = model === undefined ? [] : compileTflite(model.bytes).parts;
        if (model === undefined || part === undefined) throw new Error('no model');
        const picture = (bytes: number): Uint8Array => new Uint8Array(bytes);
        expect(() => addon.planRun(picture(7), [])).to.throw('damaged plan: 7 bytes');
        expect(() => addon.planRun(part.plan, [])).to.throw(/takes \d+ inputs, not 0/);
        expect(() =>
          addon.planRun(
            part.plan,
            part.inputs.map(() => picture(3)),
          ),
        ).to.throw(/has 3 bytes/);
        expect(() => addon.planRun(part.plan, model.inputs, { facts: { no_such: 'x' } })).to.throw('no fact "no_such"');
        expect(() => addon.programOpen([], [{ iova: 0, words: 130 }])).to.throw('not inside one buffer');
      });

      it('reads and writes the memory of a program', () => {
        const regions: readonly AddonRegion[] = [{ iova: 4096, bytes: Uint8Array.of(1, 2, 3, 4) }];
        const program = addon.programOpen(regions, []);
        addon.programWrite(program, 4097, Uint8Array.of(9, 8));
        expect([...addon.programRead(program, 4096, 4)]).to.deep.equal([1, 9, 8, 4]);
        expect(() => addon.programRead(program, 4096, 5)).to.throw('not inside one region');
        expect(() => addon.programWrite(program, 0, Uint8Array.of(1))).to.throw('not inside one region');
        expect(() => addon.programRun(program, 0, 1)).to.throw('(program, first, count)');
      });

      for (const name of goldenNames) {
        it(`runs Mesa's stream of ${name} to the same bits`, function () {
          const before = performance.now();
          const fast = runStream(addon, name, undefined);
          if (fast === null) return skip(this, 'shared: no recorded streams beside the repository');
          console.log(`      ${Math.round(performance.now() - before)} ms`);
          const first = expected.get(name) ?? fast;
          expected.set(name, first);
          const same = (regions: readonly Uint8Array[] | null): boolean =>
            regions?.every((bytes, i) => Buffer.compare(bytes, first[i] ?? new Uint8Array()) === 0) ?? false;
          expect(same(fast), target).to.equal(true);
          expect(same(runStream(addon, name, 'portable')), 'portable').to.equal(true);
          if (target === 'native') expect(same(runStream(addon, name, 'scalar')), 'scalar').to.equal(true);
        });
      }
    });
  }
});
