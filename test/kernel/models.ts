/** Models of the kernel test, with their plans, in a folder. */
import fc from 'fast-check';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { loadAddon } from '../../src/cli/installation.js';
import { type CompileOptions, compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { writeLadder } from '../../src/selftest/folder.js';
import { ladder } from '../../src/selftest/ladder.js';
import { numericsOf, repository } from '../host/python.js';
import { sharedPath } from '../host/shared.js';
import { writeTflite } from '../host/tflite_writer.js';
import { resized } from '../ops/host_models.js';

export interface TestedModel {
  readonly name: string;
  readonly model: string;
  readonly plan: string;
}

/** A resize that the host does between two jobs. */
const hostStep = (): Uint8Array => {
  const isUneven = ({ title }: { readonly title: string }): boolean => title.includes('to 29x');
  const [model] = fc.sample(resized('RESIZE_BILINEAR').filter(isUneven), { seed: 7, numRuns: 1 });
  if (model === undefined) throw new Error('no model was drawn');
  return writeTflite(model.spec);
};

/** Of which model `three_cores` is one inference on three cores. */
export const shared = 'kws_ref_model';

/** Where calculating takes long and exchanges are cheap, several of them on three cores are best. */
const onThree: Partial<CompileOptions> = {
  cores: '3',
  parts: 'all',
  machine: { megahertz: 20, exchangeMicroseconds: 10, interruptCpus: 3 },
};

const sourceOf = (name: string): string => {
  const own = join(repository, 'examples', `${name}.tflite`);
  return existsSync(own) ? own : sharedPath(`models/${name}.tflite`);
};

const fileOf = (name: string): string => (name === 'three_cores' ? shared : name);

/** Debian's TFLite library, in the guest and beside the pretended kernel, is 2.14. */
const numerics = numericsOf.tflite_runtime;

/** Those of the names that are here, compiled. */
export const prepareModels = (names: readonly string[], folder: string): readonly TestedModel[] => {
  mkdirSync(folder, { recursive: true });
  return names.flatMap((name): readonly TestedModel[] => {
    const [model, plan] = [join(folder, `${name}.tflite`), join(folder, `${name}.plan`)];
    if (name === 'host_step') writeFileSync(model, hostStep());
    else if (existsSync(sourceOf(fileOf(name)))) copyFileSync(sourceOf(fileOf(name)), model);
    else return [];
    const bytes = readFileSync(model);
    writeFileSync(
      plan,
      planFile(
        readTflite(bytes).graph,
        compileTflite(bytes, { trust: 'inferred', numerics, ...(name === 'three_cores' ? onThree : {}) }),
      ),
    );
    return [{ name, model, plan }];
  });
};

/** The files of the self-test, in a folder of their own. */
export const prepareLadder = (folder: string): readonly string[] => {
  const addon = loadAddon();
  rmSync(folder, { recursive: true, force: true });
  writeLadder(folder, ladder([]), ({ plan, inputs }, facts) => addon.planRun(plan, inputs, { facts }));
  return readdirSync(folder).map((name) => join(folder, name));
};
