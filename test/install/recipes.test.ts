import { expect } from 'chai';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { delegateOptions, foreignOptions, variableOf } from '../../src/wire/delegate_options.js';
import { demandFresh } from '../host/fresh.js';
import { delegateLibrary } from '../host/oracle.js';
import { numericsOf, pythonEnvironment, runtimes } from '../host/python.js';
import { repository } from '../host/repository.js';
import { needShared, sharedPath } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { runThere } from './artefact.js';

/** docs/recipes.md, as far as it can be tried here. */
interface Detection {
  readonly class: number;
  readonly score: number;
  readonly box: readonly number[];
}

/** TFLite's XNNPACK, which the detector has without a delegate, differs by an LSB of boxes and scores. */
const near = 0.03;

describe('recipes', function () {
  this.timeout(120_000);
  const page = readFileSync(join(repository, 'docs/recipes.md'), 'utf8');
  let folder = '';
  before(() => (folder = mkdtempSync(join(tmpdir(), 'ptfe-recipes-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('name variables and options that exist', () => {
    const options = delegateOptions.map(variableOf);
    const variables = [...page.matchAll(/\b(?:PTFE|TEFLON|ROCKET|ETNA_MESA)_[A-Z]+\b/g)].map(([name]) => name);
    expect(variables).to.have.length.above(8);
    const known: readonly string[] = [...options, ...foreignOptions.map(({ name }) => name)];
    expect(variables.filter((name) => !known.includes(name))).to.deep.equal([]);
    const sections = [...page.matchAll(/\(options\.md#?(\w*)\)/g)];
    expect(sections).to.have.length.above(0);
  });

  for (const runtime of runtimes) {
    it(`Frigate's detector in ${runtime}: an SSD with its post-processing, from a folder of plans, without Node`, function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built (npm run build:native)');
      demandFresh('delegate');
      const [name, picture] = [
        'models/coco_ssd_mobilenet_v1_1.0_quant.tflite',
        'models/samples/motorcycle_left_400.jpg',
      ];
      for (const file of [name, picture]) needShared(this, file);
      const model = sharedPath(name);
      const bytes = Uint8Array.from(readFileSync(model));
      // What the container has: the library under Teflon's name, plans, no compiler.
      const library = join(folder, runtime, 'usr/lib/teflon/libteflon.so');
      const plans = join(folder, runtime, 'plans');
      mkdirSync(join(library, '..'), { recursive: true });
      mkdirSync(plans);
      copyFileSync(delegateLibrary, library);
      const compiled = compileTflite(bytes, { trust: 'inferred', parts: 'worthwhile', numerics: numericsOf[runtime] });
      writeFileSync(join(plans, 'model.plan'), planFile(readTflite(bytes).graph, compiled));
      const detect = (from: string): { readonly found: readonly Detection[]; readonly said: string } => {
        const program = join(import.meta.dirname, 'detector.py');
        const env = { PATH: '/nonexistent', PTFE_PLAN: plans, PTFE_VERBOSE: '1', PTFE_DEVICE: 'software' };
        const args = [program, from, model, sharedPath(picture), `${runtime}.interpreter`];
        const { status, out, err } = runThere(folder, environment.python, args, env);
        expect(status, err).to.equal(0);
        return { found: JSON.parse(out.trim().split('\n').at(-1) ?? '') as readonly Detection[], said: err };
      };
      const { found, said } = detect(library);
      expect(said).to.match(/^ptfe: 63 of 64 nodes on the NPU in 1 partition/m);
      expect(page).to.contain('`ptfe: 63 of 64 nodes on the NPU in 1 partition`');
      const wanted = detect('-').found;
      expect(wanted[0]?.class, 'a motorcycle').to.equal(3);
      // A score at the border may fall on either side of it.
      const sure = (all: readonly Detection[]): readonly Detection[] => all.filter(({ score }) => score > 0.45);
      expect(sure(found).map((one) => one.class)).to.deep.equal(sure(wanted).map((one) => one.class));
      for (const [i, { score, box }] of sure(wanted).entries()) {
        expect(found[i]?.score).to.be.closeTo(score, near);
        for (const [edge, value] of box.entries()) expect(found[i]?.box[edge]).to.be.closeTo(value, near);
      }
    });
  }
});
