import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { type Plan, type PlanRelocation, type PlanTask } from '../../src/plan/format.js';
import { readPlan } from '../../src/plan/read.js';
import { writePlan } from '../../src/plan/write.js';
import { goldenModels } from '../golden/models.js';
import { buildProgram, planUnits } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

const golden = (name: string): Plan => {
  const [part] = compileTflite(goldenModels.find((one) => one.name === name)?.bytes ?? new Uint8Array()).parts;
  if (part === undefined) throw new Error(`no plan of ${name}`);
  return readPlan(part.plan);
};
const times = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const first = <T>(list: readonly T[]): T => {
  const [one] = list;
  if (one === undefined) throw new Error('an empty list');
  return one;
};

/** A plan's first task many times, each with words of its own; `shift` moves what the n-th one's relocation points at. */
const repeated = (plan: Plan, bytes: number, shift: (r: PlanRelocation, task: number) => number = () => 0): Plan => {
  const [task, regcmd] = [first(plan.tasks), plan.bos[2]];
  if (regcmd === undefined) throw new Error('no commands');
  const stride = Math.ceil((8 * task.words) / 64) * 64;
  const own = plan.relocations.filter(({ word }) => word < task.words);
  const count = Math.floor(bytes / (stride + 64 + 16 * own.length));
  const words = new Uint8Array(count * stride);
  for (let i = 0; i < count; i++) words.set(regcmd.bytes.subarray(0, 8 * task.words), i * stride);
  const tasks = times(count, (i): PlanTask => ({ ...task, op: 0, regcmdOffset: i * stride }));
  return {
    ...plan,
    bos: [...plan.bos.slice(0, 2), { kind: 'regcmd', core: 0, size: words.length, bytes: words }],
    tasks,
    relocations: tasks.flatMap((_, i) =>
      own.map((one) => ({ ...one, word: one.word + (i * stride) / 8, addend: one.addend + shift(one, i) })),
    ),
    jobs: [{ ...first(plan.jobs), firstTask: 0, taskCount: count }],
    ops: [{ ...first(plan.ops), firstTask: 0, taskCount: count }],
    hosts: [],
  };
};

const withWeights = (name: string, bytes: number): Uint8Array => {
  const plan = golden(name);
  const constants = { kind: 'constants', core: 0, size: bytes / 2, bytes: new Uint8Array(bytes / 2).fill(1) } as const;
  const grown = { ...plan, bos: [constants, ...plan.bos.slice(1)] };
  return writePlan(repeated(grown, bytes / 2, ({ targetBo }, task) => (targetBo === 0 ? 16 * task : 0)));
};

/** Every number of a plan that may grow, grown to a size in bytes; or what would share bytes, without end. */
const kinds: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  tasks: (bytes) => writePlan(repeated(golden('add'), bytes)),
  'weights of their own for each task': (bytes) => withWeights('conv_1x1', bytes),
  'many weights, for each task those of the one before but for 16 bytes': (bytes) =>
    withWeights('weights_streamed', bytes),
  'records of tasks that share their words': (bytes) => {
    const plan = golden('add');
    const tasks = times(Math.floor(bytes / 32), () => first(plan.tasks));
    const job = { ...first(plan.jobs), firstTask: 0, taskCount: tasks.length };
    return writePlan({ ...plan, tasks, jobs: [job], ops: [{ ...first(plan.ops), taskCount: tasks.length }] });
  },
  'jobs and operations': (bytes) => {
    const plan = repeated(golden('add'), bytes);
    return writePlan({
      ...plan,
      tasks: plan.tasks.map((task, i) => ({ ...task, op: i })),
      jobs: plan.tasks.map((_, i) => ({ ...first(plan.jobs), firstTask: i, taskCount: 1 })),
      ops: plan.tasks.map((_, i) => ({ ...first(plan.ops), firstTask: i, taskCount: 1 })),
    });
  },
  'operations that all have all tasks': (bytes) => {
    const plan = repeated(golden('add'), bytes / 2);
    return writePlan({ ...plan, ops: times(Math.floor(bytes / 2 / 48), () => first(plan.ops)) });
  },
  'operations of one long name': (bytes) => {
    const plan = golden('add');
    const name = 'x'.repeat(bytes / 2);
    return writePlan({ ...plan, ops: times(Math.floor(bytes / 2 / 48), () => ({ ...first(plan.ops), name })) });
  },
  'feature maps': (bytes) => {
    const plan = golden('add');
    return writePlan({ ...plan, tensors: times(Math.floor(bytes / 80), () => first(plan.tensors)) });
  },
  'inputs, as many as may be': (bytes) => {
    const plan = golden('add');
    const tensors = times(Math.min(65536, Math.floor(bytes / 80)) - 1, () => first(plan.tensors));
    return writePlan({ ...plan, tensors: [...tensors, ...plan.tensors.slice(-1)] });
  },
  relocations: (bytes) => {
    const plan = golden('add');
    const words = new Uint8Array(bytes / 2);
    const relocations = times(Math.floor(bytes / 16), (word) => ({ bo: 2, word, targetBo: 1, addend: 0 }));
    return writePlan({
      ...plan,
      bos: [...plan.bos.slice(0, 2), { kind: 'regcmd', core: 0, size: words.length, bytes: words }],
      relocations: relocations.slice(0, words.length / 8),
    });
  },
  'steps of the host that share a table': (bytes) => {
    const plan = golden('add');
    const [rows, columns] = [Math.floor(bytes / 2 / 12) - 1, 1];
    const table = new Uint8Array(12 * (rows + columns));
    const map = {
      ...first(plan.tensors),
      direction: 'inside' as const,
      shape: [1, rows, 1, 1] as const,
      step: 1,
      offset: 0,
    };
    const tall = { ...map, lineBytes: 16, surfaceBytes: 16 * rows, surfaces: 1, type: 'int8' as const };
    const step = { op: 0, beforeJob: 0, kernel: 'resize_fixed' as const, tableBo: 0, tableOffset: 0 };
    const input = plan.tensors.length;
    return writePlan({
      ...plan,
      tensors: [...plan.tensors, tall, tall],
      bos: [
        { kind: 'constants', core: 0, size: table.length, bytes: table },
        { kind: 'arena', core: 0, size: 1 << 28, bytes: new Uint8Array() },
        ...plan.bos.slice(2),
      ],
      hosts: times(Math.floor(bytes / 2 / 32), () => ({ ...step, input, output: input + 1, tableBytes: table.length })),
    });
  },
  'parts of no nodes': (bytes) => {
    const file = new Uint8Array(bytes);
    const parts = Math.floor((bytes - 512) / 32);
    const view = new DataView(file.buffer);
    file.set(new TextEncoder().encode('PTFEPLNS'));
    view.setUint32(8, 1, true);
    const request = 4 + 12 * parts;
    const [start, padded] = [136, Math.ceil(request / 8) * 8];
    const reply = bytes - start - padded;
    view.setBigUint64(88, BigInt(request), true);
    view.setBigUint64(96, BigInt(reply), true);
    view.setUint32(start, parts, true);
    view.setUint32(start + padded, parts, true);
    return file;
  },
};

/** A plan of 32 MB, whatever it is made of, is loaded or refused in a time that grows with its bytes. */
describe('plan: large ones', function () {
  this.timeout(300_000);
  const [small, large] = [8 << 20, 32 << 20];
  let program = '';
  let folder = '';
  before(function () {
    const compiled = ['answer', 'plan_file', 'plan_gaps'].map((name) => join(repository, `delegate/compile/${name}.c`));
    const used = [join(repository, 'delegate/util/bytes.c')];
    const units = [join(import.meta.dirname, 'open_plan.c'), ...planUnits, ...compiled, ...used];
    const built = buildProgram({ name: 'open_plan', units, flags: ['-O2'] });
    if ('path' in built) program = built.path;
    else return skip(this, built.why);
    folder = mkdtempSync(join(tmpdir(), 'ptfe-large-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const measure = (bytes: Uint8Array) => {
    const file = join(folder, 'plan');
    writeFileSync(file, bytes);
    const { stdout, status, signal } = spawnSync(program, [file], { encoding: 'utf8', timeout: 120_000 });
    expect({ status, signal }).to.deep.equal({ status: 0, signal: null });
    const [, milliseconds = '', kilobytes = '', said = ''] = /^(\d+) (\d+) (.*)$/m.exec(stdout) ?? [];
    return { milliseconds: Number(milliseconds), kilobytes: Number(kilobytes), said };
  };

  for (const [name, make] of Object.entries(kinds)) {
    it(name, () => {
      const [few, many] = [measure(make(small)), measure(make(large))];
      console.log(
        `      ${few.milliseconds} and ${many.milliseconds} ms, ${Math.round(many.kilobytes / 1024)} MB${many.said === '' ? '' : `: ${many.said}`}`,
      );
      // Four times the bytes; the caches of the machine may take as much again.
      expect(many.milliseconds, 'of 32 MB').to.be.below(10 * Math.max(few.milliseconds, 20));
      expect(many.milliseconds, 'of 32 MB').to.be.below(20_000);
      expect(many.kilobytes, 'memory').to.be.below(3 << 20);
    });
  }
});
