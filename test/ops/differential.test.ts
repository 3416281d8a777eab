import { expect } from 'chai';
import fc from 'fast-check';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { type Addon, factsFromEnvironment, loadAddon } from '../host/addon.js';
import { delegateLibrary, Oracle, type RunResult } from '../host/oracle.js';
import {
  anyPythonEnvironment,
  numericsOf,
  pythonEnvironment,
  repository,
  type Runtime,
  runtimes,
} from '../host/python.js';
import { shares } from '../host/seeds.js';
import { skip } from '../host/skip.js';
import { buildModel, type ModelChoice, modelChoice, type RandomModel } from './random_model.js';
import {
  add,
  compare,
  type Comparison,
  emptyTally,
  equalShare,
  line,
  percent,
  type Tally,
  type Tensor,
} from './tally.js';

/**
 * Random models against TFLite's reference kernels: the whole pipeline, compiler and software NPU.
 *   PTFE_SEED=n      another run of models (test/host/seeds.ts)
 *   PTFE_MODELS=n    how many; PTFE_MODELS=20000 npx mocha test/ops/differential.test.ts takes some minutes
 *   PTFE_ONLY=i      only the i-th model of a seed's run
 *   PTFE_FACTS=name=value,...   with other readings of inferred facts
 */
const count = Number(process.env['PTFE_MODELS'] ?? 500);
const only = process.env['PTFE_ONLY'] === undefined ? undefined : Number(process.env['PTFE_ONLY']);
const throughDelegate = 60;
const batch = 250;

interface Drawn {
  readonly seed: number;
  readonly index: number;
  readonly choice: ModelChoice;
}

const choices = (most: number): readonly Drawn[] =>
  shares(most).flatMap(([seed, numRuns]) =>
    fc
      .sample(modelChoice, { numRuns, seed })
      .map((choice, index) => ({ seed, index, choice }))
      .filter(({ index }) => only === undefined || index === only),
  );

/** Outputs of the model on the software NPU in this process, or why it was not compiled to one part. */
function runInProcess(addon: Addon, model: RandomModel, runtime: Runtime): readonly Uint8Array[] | string {
  const { parts, refusals } = compileTflite(model.bytes, { trust: 'inferred', numerics: numericsOf[runtime] });
  const [part] = parts;
  if (part === undefined || parts.length > 1 || refusals.length > 0) {
    return (
      refusals.map(({ node, rule, text }) => `node ${node}: ${rule}: ${text}`).join('; ') || `${parts.length} parts`
    );
  }
  const pictures = new Map(model.spec.inputs.map((tensor, i) => [tensor, model.inputs[i] ?? new Uint8Array()]));
  const inputs = part.inputs.map((tensor) => pictures.get(tensor) ?? new Uint8Array());
  const outputs = addon.planRun(part.plan, inputs, { facts: factsFromEnvironment() });
  return model.spec.outputs.map((tensor) => outputs[part.outputs.indexOf(tensor)] ?? new Uint8Array());
}

const outputsOf = (result: RunResult): readonly Tensor[] | string =>
  result.ok
    ? (result.outputs[0] ?? []).map(({ data, shape }) => ({ data, channels: shape.at(-1) ?? 1 }))
    : `${result.error} ${result.stderr}`;

/** A model in which a count of one op becomes several of the next is not judged by its share of equal values. */
const judged = (model: RandomModel): boolean => model.allowedDifference === model.depth;

interface Tallies {
  readonly all: Tally;
  readonly groups: ReadonlyMap<string, Tally>;
}

const groupOf = ({ choice }: RandomModel): string => (choice.powersOfTwo ? 'exact powers of two' : choice.family);

function counted(tallies: Tallies, model: RandomModel, comparison: Comparison): Tallies {
  const group = groupOf(model);
  const groups = new Map(tallies.groups).set(
    group,
    add(tallies.groups.get(group) ?? emptyTally, comparison, judged(model)),
  );
  return { all: model.choice.powersOfTwo ? tallies.all : add(tallies.all, comparison, judged(model)), groups };
}

/** Keeps a model that failed, to be looked at with other tools. */
function keep({ seed, index }: Drawn, model: RandomModel): string {
  const folder = join(repository, '.cache/differential');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${seed}-${index}.tflite`), model.bytes);
  return `[PTFE_SEED=${seed} PTFE_MODELS=${count} PTFE_ONLY=${index}] ${model.title}`;
}

describe('random models against the reference kernels', function () {
  this.timeout(Math.max(300_000, count * 300));

  it(`in process: ${count} models`, async function () {
    const environment = anyPythonEnvironment();
    const addon = loadAddon();
    if (!environment.available) return skip(this, environment.reason);
    if (typeof addon === 'string') return skip(this, addon);
    const oracle = new Oracle(environment);
    let tallies: Tallies = { all: emptyTally, groups: new Map() };
    const failures: string[] = [];
    const refused: string[] = [];
    let beyondDepth = 0;
    const all = choices(count);
    for (let start = 0; start < all.length; start += batch) {
      const models = all.slice(start, start + batch).map((drawn) => [drawn, buildModel(drawn.choice)] as const);
      const references = await Promise.all(
        models.map(([, { bytes, inputs }]) => oracle.run({ model: bytes, inputs: [inputs] })),
      );
      models.forEach(([drawn, model], i) => {
        const reference = references[i];
        const expected = reference === undefined ? 'no reference' : outputsOf(reference);
        if (typeof expected === 'string') return void failures.push(`${keep(drawn, model)}: TFLite: ${expected}`);
        try {
          const got = runInProcess(addon, model, environment.runtime);
          if (typeof got === 'string') return void refused.push(`${keep(drawn, model)}: refused: ${got}`);
          const comparison = compare(`[${drawn.seed} ${drawn.index}] ${model.title}`, model.choice.type, expected, got);
          tallies = counted(tallies, model, comparison);
          if (comparison.largest > model.depth) beyondDepth++;
          if (comparison.largest > model.allowedDifference) {
            failures.push(
              `${keep(drawn, model)}: ${comparison.differing} of ${comparison.values} differ, by up to ${comparison.largest}, not ${model.allowedDifference}`,
            );
          }
        } catch (error) {
          failures.push(`${keep(drawn, model)}: ${error instanceof Error ? error.message : String(error)}`);
        }
      });
    }
    await oracle.stop();
    for (const text of [
      line('all but powers of two', tallies.all),
      ...[...tallies.groups].map(([name, tally]) => line(name, tally)),
    ]) {
      console.log(`      ${text}`);
    }
    if (beyondDepth > 0)
      console.log(`      ${beyondDepth} models off by more than 1 LSB an op, where a scale magnifies an earlier count`);
    if (tallies.all.worst !== undefined)
      console.log(`      worst: ${percent(1 - tallies.all.worst.share)} equal: ${tallies.all.worst.title}`);
    for (const failure of [...failures, ...refused].slice(0, 20)) console.log(`      ${failure}`);
    expect(failures, 'models with a wrong answer').to.have.lengthOf(0);
    expect(refused, 'models that were refused').to.have.lengthOf(0);
    if (only !== undefined) return;
    for (const [name, tally] of [['all', tallies.all], ...tallies.groups] as const) {
      if (name !== 'exact powers of two') expect(equalShare(tally), name).to.be.at.least(0.999);
    }
    expect(1 - (tallies.all.worst?.share ?? 0), 'worst model').to.be.at.least(0.995);
  });

  for (const runtime of runtimes) {
    it(`through the delegate in ${runtime}: ${throughDelegate} models`, async function () {
      const environment = pythonEnvironment(runtime);
      if (!environment.available) return skip(this, environment.reason);
      if (!existsSync(delegateLibrary)) return skip(this, 'tool: the delegate is not built');
      const oracle = new Oracle(environment, { variables: { PTFE_FACTS: process.env['PTFE_FACTS'] ?? '' } });
      const addon = loadAddon();
      let tally = emptyTally;
      const failures: string[] = [];
      for (const drawn of choices(throughDelegate)) {
        const model = buildModel(drawn.choice);
        const request = { model: model.bytes, inputs: [model.inputs] };
        const reference = await oracle.run(request);
        const delegated = await oracle.run({
          ...request,
          delegate: { library: delegateLibrary, options: { parts: 'all' } },
        });
        const [expected, got] = [outputsOf(reference), outputsOf(delegated)];
        if (typeof expected === 'string' || typeof got === 'string' || !delegated.ok) {
          failures.push(
            `${keep(drawn, model)}: ${[expected, got].filter((answer) => typeof answer === 'string').join('; ')}`,
          );
          continue;
        }
        const comparison = compare(
          `[${drawn.seed} ${drawn.index}] ${model.title}`,
          model.choice.type,
          expected,
          got.map(({ data }) => data),
        );
        tally = add(tally, comparison);
        const left = delegated.nodes.filter((node) => !node.delegated).length;
        if (left > 0) failures.push(`${keep(drawn, model)}: ${left} nodes left on the CPU: ${delegated.stderr}`);
        if (comparison.largest > model.allowedDifference)
          failures.push(`${keep(drawn, model)}: off by ${comparison.largest}`);
        const here = typeof addon === 'string' ? undefined : runInProcess(addon, model, environment.runtime);
        if (
          here !== undefined &&
          typeof here !== 'string' &&
          here.some((data, i) => Buffer.compare(data, got[i]?.data ?? data) !== 0)
        ) {
          failures.push(`${keep(drawn, model)}: not what the same plan gives in process`);
        }
      }
      await oracle.stop();
      console.log(`      ${line(runtime, tally)}`);
      for (const failure of failures.slice(0, 20)) console.log(`      ${failure}`);
      expect(failures).to.have.lengthOf(0);
    });
  }
});
