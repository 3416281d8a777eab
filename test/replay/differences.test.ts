import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { planEntries } from '../../src/explain/plan_text.js';
import type { Plan, PlanBo, PlanHost, PlanJob, PlanTask, PlanTensor } from '../../src/plan/format.js';
import { readPlan } from '../../src/plan/read.js';
import { writePlan } from '../../src/plan/write.js';
import { repository } from '../host/python.js';
import { transposed } from '../ops/host_models.js';
import { writeTflite } from '../host/tflite_writer.js';
import { type Compiled, compiledModel, type Compiler, digestsOf } from './compiled.js';
import { compilerOf } from './compilers.js';
import { compareModels, type DifferenceKind } from './differences.js';

/** What a fault in a compiler could change, one thing at a time: each must be found, and nothing else. */
describe('replay', () => {
  const digits: Uint8Array = new Uint8Array(readFileSync(join(repository, 'examples/digits_int8.tflite')));
  let compiler: Compiler;

  before(async () => {
    compiler = await compilerOf(join(repository, 'src'));
  });

  const changed = (change: (plan: Plan) => Plan): Compiler => ({
    ...compiler,
    entries: (plan, digest) => planEntries(readPlan(writePlan(change(readPlan(plan)))), digest),
  });
  const remade = (change: (compiled: Compiled) => Compiled): Compiler => ({
    ...compiler,
    compile: (bytes, options, graph) => change(compiler.compile(bytes, options, graph)),
  });
  const kindsOf = (other: Compiler, bytes = digits): readonly DifferenceKind[] => {
    const [base, now] = [compiler, other].map((one) => compiledModel(one, bytes, 'fast'));
    if (base === undefined || now === undefined) return [];
    const { differences, differing, noted, plans } = compareModels(base, now);
    expect(plans).to.equal(1);
    const kinds = [...new Set(differences.map(({ kind }) => kind))];
    const acts = kinds.some((kind) => !['notes', 'verdicts', 'texts'].includes(kind));
    expect(differing).to.equal(acts ? 1 : 0);
    expect(noted).to.equal(!acts && kinds.includes('notes') ? 1 : 0);
    const silent = kinds.every((kind) => kind === 'texts');
    expect(digestsOf([base]) === digestsOf([now]), 'the digests tell the same').to.equal(silent);
    return kinds;
  };

  const flipped = (kind: PlanBo['kind'], at: (plan: Plan) => number) => (plan: Plan) => ({
    ...plan,
    bos: plan.bos.map((bo) => {
      if (bo.kind !== kind) return bo;
      const bytes = bo.bytes.slice();
      bytes[at(plan)] = (bytes[at(plan)] ?? 0) ^ 1;
      return { ...bo, bytes };
    }),
  });
  const eachTask =
    (change: (task: PlanTask, index: number) => PlanTask) =>
    (plan: Plan): Plan => ({ ...plan, tasks: plan.tasks.map(change) });
  const firstTensor =
    (change: (tensor: PlanTensor) => Partial<PlanTensor>) =>
    (plan: Plan): Plan => ({
      ...plan,
      tensors: plan.tensors.map((tensor, i) => (i === 0 ? { ...tensor, ...change(tensor) } : tensor)),
    });
  const firstJob =
    (change: (job: PlanJob) => Partial<PlanJob>) =>
    (plan: Plan): Plan => ({ ...plan, jobs: plan.jobs.map((job, i) => (i === 0 ? { ...job, ...change(job) } : job)) });

  const faults: readonly (readonly [what: string, kinds: readonly DifferenceKind[], change: (plan: Plan) => Plan])[] = [
    ['nothing', [], (plan) => plan],
    ['the version of the engine', [], (plan) => ({ ...plan, engineVersion: 'another' })],
    ['a bit of a command word', ['tasks'], flipped('regcmd', ({ tasks }) => (tasks.at(-1)?.regcmdOffset ?? 0) + 2)],
    ['the register of a command word', ['tasks'], flipped('regcmd', ({ tasks }) => tasks[0]?.regcmdOffset ?? 0)],
    ['a byte of the first constant', ['constants'], flipped('constants', () => 0)],
    [
      'a byte of the last constant',
      ['constants'],
      flipped('constants', ({ bos }) => (bos.find(({ kind }) => kind === 'constants')?.bytes.byteLength ?? 0) - 1),
    ],
    [
      'an address in the arena',
      ['tasks'],
      (plan) => {
        const arena = plan.bos.findIndex(({ kind }) => kind === 'arena');
        const at = plan.relocations.findIndex(({ targetBo }) => targetBo === arena);
        const move = (addend: number): number => (addend === 0 ? 16 : addend - 16);
        return {
          ...plan,
          relocations: plan.relocations.map((one, i) => (i === at ? { ...one, addend: move(one.addend) } : one)),
        };
      },
    ],
    ['a word without its address', ['tasks'], (plan) => ({ ...plan, relocations: plan.relocations.slice(1) })],
    [
      'the size of the arena',
      ['memory'],
      (plan) => ({ ...plan, bos: plan.bos.map((bo) => (bo.kind === 'arena' ? { ...bo, size: bo.size + 64 } : bo)) }),
    ],
    ['the scale of an input', ['tensors'], firstTensor(({ scale }) => ({ scale: scale * 2 }))],
    ['the zero-point of an input', ['tensors'], firstTensor(({ zeroPoint }) => ({ zeroPoint: zeroPoint + 1 }))],
    ['the padding of an input', ['tensors'], firstTensor(({ padCode }) => ({ padCode: padCode ^ 1 }))],
    [
      'how an input is laid out',
      ['tensors'],
      firstTensor(() => ({ shape: [1, 31, 32, 1], blocks: { size: 2, top: 1, left: 0 } })),
    ],
    ['the order of tensors', ['order'], (plan) => ({ ...plan, tensors: plan.tensors.toReversed() })],
    ['where a job is seen', ['order'], firstJob(() => ({ proof: null }))],
    ['what a job writes', ['order'], firstJob(({ outBos }) => ({ outBos: outBos.slice(1) }))],
    ['the core of a job', ['order'], firstJob(({ core }) => ({ core: core + 1 }))],
    [
      'which op a task is of',
      ['tasks', 'order', 'notes'],
      (plan) => ({
        ...plan,
        ops: plan.ops.map((op, i) => (i === 0 ? { ...op, taskCount: op.taskCount + 1 } : op)),
        tasks: plan.tasks.map((task, i) => (i === plan.ops[0]?.taskCount ? { ...task, op: 0 } : task)),
      }),
    ],
    [
      'the node of an op',
      ['order', 'tasks', 'notes'],
      (plan) => ({
        ...plan,
        ops: plan.ops.map((op, i) => (i === 0 ? { ...op, node: 1000 } : op)),
      }),
    ],
    ['an estimate', ['notes'], eachTask((task, i) => (i === 0 ? { ...task, cycles: task.cycles + 1 } : task))],
    [
      'the name of an op',
      ['notes'],
      (plan) => ({ ...plan, ops: plan.ops.map((op) => ({ ...op, name: `${op.name}?` })) }),
    ],
  ];
  for (const [what, kinds, change] of faults) {
    it(`finds ${what}: ${kinds.join(', ') || 'no difference'}`, () => {
      expect(kindsOf(changed(change))).to.have.members(kinds);
    });
  }

  describe('of a step of the host', () => {
    let bytes: Uint8Array;

    before(() => {
      const drawn = fc.sample(transposed, { numRuns: 20, seed: 1 }).map(({ spec }) => writeTflite(spec));
      const hosted = drawn.find((one) => {
        const { plans } = compiledModel(compiler, one, 'fast');
        return plans.length === 1 && plans[0]?.entries.some(({ kind }) => kind === 'host') === true;
      });
      if (hosted === undefined) throw new Error('no model of twenty has a step of the host');
      bytes = hosted;
    });

    const firstHost =
      (change: (host: PlanHost, plan: Plan) => Partial<PlanHost>) =>
      (plan: Plan): Plan => ({
        ...plan,
        hosts: plan.hosts.map((host, i) => (i === 0 ? { ...host, ...change(host, plan) } : host)),
      });

    it('finds when it runs', () => {
      expect(
        kindsOf(changed(firstHost(({ beforeJob }) => ({ beforeJob: beforeJob === 0 ? 1 : 0 }))), bytes),
      ).to.have.members(['host']);
    });
    it('finds what it reads', () => {
      expect(kindsOf(changed(firstHost(({ output }) => ({ input: output }))), bytes)).to.have.members(['host']);
    });
    it('finds a byte of its table', () => {
      expect(kindsOf(changed(flipped('constants', ({ hosts }) => hosts[0]?.tableOffset ?? 0)), bytes)).to.have.members([
        'constants',
        'host',
      ]);
    });
  });

  it('tells which word of which node differs', () => {
    const other = changed(flipped('regcmd', ({ tasks }) => (tasks[0]?.regcmdOffset ?? 0) + 2));
    const [base, now] = [compiler, other].map((one) => compiledModel(one, digits, 'fast'));
    if (base === undefined || now === undefined) throw new Error('two records');
    const [first, ...more] = compareModels(base, now).differences;
    expect(more).to.deep.equal([]);
    expect(first?.where).to.match(/: \w+ #0 task 0$/);
    expect(first?.lines).to.have.length(2);
    for (const line of first?.lines ?? []) expect(line).to.match(/^[-+] [A-Z_]+\.[A-Z0-9_]+ = 0x[0-9a-f]+/);
  });

  it('finds another rule, other words of the same rule, and a node that went to the CPU', () => {
    const refusal = (node: number, rule: string, text: string) => ({ node, rule, text });
    const base = remade((compiled) => ({ ...compiled, refusals: [refusal(0, 'rank', 'five dimensions')] }));
    const kinds = (other: Compiler): readonly string[] => {
      const [was, is] = [base, other].map((one) => compiledModel(one, digits, 'fast'));
      if (was === undefined || is === undefined) return [];
      return compareModels(was, is).differences.map(({ kind, where }) => `${kind} ${where.slice(0, 2)}`);
    };
    const other = (node: number, rule: string, text: string): Compiler =>
      remade((compiled) => ({ ...compiled, refusals: [refusal(node, rule, text)] }));
    expect(kinds(other(0, 'rank', 'five dimensions'))).to.deep.equal([]);
    expect(kinds(other(0, 'rank', 'too many'))).to.deep.equal(['texts #0']);
    expect(kinds(other(0, 'shape', 'five dimensions'))).to.deep.equal(['verdicts #0']);
    expect(kinds(other(1, 'rank', 'five dimensions'))).to.deep.equal(['verdicts #0', 'verdicts #1']);
  });

  it('finds a part that one side lacks', () => {
    const none = remade((compiled) => ({ ...compiled, parts: [] }));
    expect(kindsOf(none)).to.include.members(['parts', 'verdicts']);
  });

  it('finds that a file is damaged for one side only', () => {
    const cut = digits.subarray(0, digits.byteLength / 2);
    const [whole, damaged] = [digits, cut].map((bytes) => compiledModel(compiler, bytes, 'fast'));
    if (whole === undefined || damaged === undefined) throw new Error('two records');
    expect(damaged.error).to.match(/^bad-/);
    expect(compareModels(damaged, damaged).differences).to.deep.equal([]);
    expect(compareModels(whole, damaged).differences.map(({ kind }) => kind)).to.include('verdicts');
  });
});
