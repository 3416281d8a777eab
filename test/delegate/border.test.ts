import { expect } from 'chai';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { type PlanBytes, withFirstPlan } from '../host/plan_bytes.js';
import { delegateLibrary, Oracle } from '../host/oracle.js';
import { pythonEnvironment } from '../host/python.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';
import { expectDelegated, expectFallback, expectScenario } from './expectations.js';
import { type Bench, cachedPlans, openAnyBench, said } from './host_program.js';
import { int8Model, type TestModel } from './models.js';

const [inputs, outputs] = [0, 1];

/** Two inputs, two outputs of the same form, and a constant of the same form. */
const crossing = (): TestModel & { readonly constant: number } => {
  const b = new Builder(11);
  const shape = [1, 8, 6, 20];
  const [left, right] = [b.input('int8', shape, 0.05, 0), b.input('int8', shape, 0.05, 0)];
  const constant = b.constant('int8', shape, 0.05, 0);
  const [sum, all] = [b.map('int8', shape, 0.1, 0), b.map('int8', shape, 0.15, 0)];
  const add = (from: readonly number[], to: number): void =>
    b.op({
      op: 'ADD',
      version: 2,
      inputs: from,
      outputs: [to],
      options: { type: 'AddOptions', fields: { activation: 0 } },
    });
  add([left, right], sum);
  add([sum, constant], all);
  const { spec, inputs: given } = b.model('two in, two out', [sum, all]);
  return { bytes: writeTflite(spec), inputs: given, constant };
};

/** A plan's tensors must be the partition's: inputs and outputs, each once, of their type and size; and its chip the device's. */
describe('delegate: the border of a plan', function () {
  this.timeout(200_000);
  let bench: Bench;
  const model = crossing();
  const file = planFile(readTflite(model.bytes).graph, compileTflite(model.bytes, { trust: 'inferred', parts: 'all' }));
  const records = (plan: PlanBytes, direction: number): readonly number[] =>
    plan.find('tensors', 'direction', direction);
  const at = (plan: PlanBytes, direction: number, nth: number): number => records(plan, direction)[nth] ?? -1;
  const renamed = (direction: number, nth: number, tensor: (plan: PlanBytes) => number) => (plan: PlanBytes) =>
    plan.set('tensors', at(plan, direction, nth), 'tfliteIndex', tensor(plan));
  const nameOf = (direction: number, nth: number) => (plan: PlanBytes) =>
    plan.get('tensors', at(plan, direction, nth), 'tfliteIndex');
  const turned = (from: number, nth: number, to: number) => (plan: PlanBytes) =>
    plan.set('tensors', at(plan, from, nth), 'direction', to);
  const cases: readonly (readonly [string, (plan: PlanBytes) => unknown, RegExp])[] = [
    ['an output that is a constant', renamed(outputs, 0, () => model.constant), /plan (lacks|has the output)/],
    ['an output that is an input', renamed(outputs, 0, nameOf(inputs, 0)), /plan (lacks|has the output)/],
    ['an output twice', renamed(outputs, 0, nameOf(outputs, 1)), /plan (lacks tensor|has the output)/],
    ['an output twice, the other way', renamed(outputs, 1, nameOf(outputs, 0)), /plan (lacks tensor|has the output)/],
    ['no first output', turned(outputs, 0, 2), /the plan lacks tensor \d+, an output/],
    ['no last output', turned(outputs, 1, 2), /the plan lacks tensor \d+, an output/],
    ['no first input', turned(inputs, 0, 2), /the plan lacks tensor \d+, an input/],
    ['an input twice', renamed(inputs, 0, nameOf(inputs, 1)), /plan (lacks tensor|has the input)/],
    ['an input that is a constant', renamed(inputs, 1, () => model.constant), /plan (lacks|has the input)/],
    ['an input that is an output', turned(outputs, 0, 0), /plan (lacks|has the input)/],
    ['an output that is an input', turned(inputs, 0, 1), /plan (lacks|has the output)/],
    ['a tensor that no graph has', renamed(outputs, 1, () => 4_000_000), /plan (lacks|has the output)/],
    ['the number of no tensor', renamed(inputs, 0, () => 0xffffffff), /plan (lacks|has the input)/],
    [
      'another type',
      (p) => p.set('tensors', 0, 'type', 3).set('tensors', 0, 'flip', 0x80),
      /is of type 9, planned as 3/,
    ],
    ['fewer rows', (p) => p.set('tensors', at(p, outputs, 0), 'h', 7), /does not have the 840 bytes of the plan/],
    [
      'fewer channels',
      (p) => p.set('tensors', at(p, inputs, 0), 'c', 19).set('tensors', at(p, inputs, 0), 'step', 19),
      /does not have the 912 bytes/,
    ],
    ['another chip', ({ header }) => header.setUint32(32, 3576, true), /for chip RK3576/],
  ];
  before(function () {
    const opened = openAnyBench();
    if (typeof opened !== 'string') bench = opened;
    else return skip(this, opened);
  });
  after(() => bench?.remove());

  it('of a plan file: refused with one line, and TFLite has its own answer', async () => {
    const environment = pythonEnvironment(bench.runtime);
    if (!environment.available) throw new Error(environment.reason);
    const oracle = new Oracle(environment);
    const run = { model: model.bytes, inputs: [model.inputs] };
    const reference = await oracle.run(run);
    const plan = join(bench.folder, 'border.plan');
    const delegate = { library: delegateLibrary, options: { plan } };
    writeFileSync(plan, file);
    expectDelegated(await oracle.run({ ...run, delegate }), reference, 2);
    for (const [what, change, why] of cases) {
      writeFileSync(plan, withFirstPlan(file, change));
      const result = await oracle.run({ ...run, delegate });
      if (!result.ok) throw new Error(`${what}: ${result.error}\n${result.stderr}`);
      expectFallback(result, reference, why);
    }
    await oracle.stop();
  });

  it('of an entry of the cache: compiled anew, or left to TFLite where no engine is', async () => {
    const cache = join(bench.folder, 'cache');
    const environment = pythonEnvironment(bench.runtime);
    if (!environment.available) throw new Error(environment.reason);
    const oracle = new Oracle(environment);
    const run = { model: model.bytes, inputs: [model.inputs] };
    const reference = await oracle.run(run);
    const options = { cache, parts: 'all' };
    const delegated = { ...run, delegate: { library: delegateLibrary, options } };
    expectDelegated(await oracle.run(delegated), reference, 2);
    const [entry] = cachedPlans(cache);
    if (entry === undefined) throw new Error('no entry');
    const good = Uint8Array.from(readFileSync(entry));
    for (const [what, change] of cases) {
      writeFileSync(entry, withFirstPlan(good, change));
      const left = {
        ...delegated,
        delegate: { library: delegateLibrary, options: { ...options, node: '/nonexistent' } },
      };
      const result = await oracle.run(left);
      if (!result.ok) throw new Error(`${what}: ${result.error}\n${result.stderr}`);
      expectFallback(result, reference, /nonexistent/);
    }
    const [first] = cases;
    if (first !== undefined) writeFileSync(entry, withFirstPlan(good, first[1]));
    expectDelegated(await oracle.run(delegated), reference, 2);
    await oracle.stop();
  });

  it('of an entry for another size, after a resize', () => {
    const resizing = int8Model();
    const cache = join(bench.folder, 'resized');
    expectScenario(bench.scenario('resize', resizing, { options: { cache } }));
    const entries = cachedPlans(cache);
    expect(entries.length).to.be.above(1);
    const changes = [turned(outputs, 0, 2), turned(inputs, 0, 2), renamed(outputs, 0, nameOf(inputs, 0))] as const;
    for (const change of changes) {
      const kept = entries.map((path) => [path, Uint8Array.from(readFileSync(path))] as const);
      for (const [path, bytes] of kept) writeFileSync(path, withFirstPlan(bytes, change));
      const scenario = bench.scenario('resize', resizing, { options: { cache, node: '/nonexistent' } });
      expectScenario(scenario);
      expect(said(scenario.stderr).length, scenario.stderr).to.be.above(0);
      for (const [path, bytes] of kept) writeFileSync(path, bytes);
    }
    rmSync(cache, { recursive: true, force: true });
  });
});
