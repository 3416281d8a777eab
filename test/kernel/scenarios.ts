/** What is tried on the real driver, and how each must end. */
import type { Invoked, Seen } from './lines.js';

/** What the NPU's next tasks do wrong (npu/core.h). */
const modes = {
  hang: 1,
  skip: 2,
  late: 3,
  readError: 4,
  writeError: 5,
  ppu: 7,
  silent: 8,
  fault: 9,
  extra: 10,
  reset: 11,
} as const;

export interface Truths {
  /** Hash of each round's outputs of the software device, by model. */
  readonly software: ReadonlyMap<string, readonly string[]>;
  /** Of TFLite's kernels without a delegate. */
  readonly cpu: ReadonlyMap<string, readonly string[]>;
}

export interface Wrong {
  readonly text: string;
  /** Only the kernel's time limit was passed, and the values are right: also so where the machine is too busy. */
  readonly byTime: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly commands: readonly string[];
  /** Kernel lines that belong to it; any other is a failure. */
  readonly kernel?: readonly RegExp[];
  /** Warnings with a backtrace that belong to it. */
  readonly warnings?: readonly RegExp[];
  /**
   * It can end the guest's kernel, or harm it, by a defect of the driver that nothing in user space avoids (docs/board.md): it
   * has a guest of its own, and a kernel that ends is told, not a failure.
   */
  readonly isHarmful?: boolean;
  /** @returns what is wrong, or null */
  readonly check: (seen: Seen, truths: Truths) => Wrong | null;
  /** What the table says of a scenario that promises nothing. */
  readonly remark?: (seen: Seen, truths: Truths) => string;
}

/** That take turns from round to round (guest/host.c). */
export const inputs = 2;

const library = '/usr/lib/aarch64-linux-gnu/libtensorflow-lite.so.2.14.1';
const ptfe = '/usr/lib/libptfe.so';
const teflon = '/usr/lib/teflon/libteflon.so';

/** A command of guest/host.c with ptfe as the delegate and a plan file. */
const host = (what: string, model: string, rounds: number, options = ''): string =>
  `host ${what} ${library} /m/${model}.tflite ${ptfe} ${rounds} plan=/m/${model}.plan ${options}`.trim();

const counted = (command: string): string => `LD_PRELOAD=/bin/count.so ${command}`;
const misbehave = (mode: number, count: number, milliseconds = 0): string =>
  `host mode ${mode} ${milliseconds} ${count}`;
const behave = misbehave(0, 0);

const timedOut = [/NPU job timed out/, /rk_iommu .*stall/i, /rockchip-iommu|rk_iommu|iommu: /i];

const hashes = (invokes: readonly Invoked[]): readonly string[] => invokes.map(({ hash }) => hash);

const wrong = (text: string): Wrong => ({ text, byTime: false });

const wrongStatus = ({ prepares, invokes }: Seen, rounds: number): Wrong | null => {
  if (prepares.some(({ status }) => status !== 0)) return wrong('Prepare failed');
  if (invokes.length < rounds) return wrong(`${invokes.length} of ${rounds} invokes came back`);
  return invokes.some(({ status }) => status !== 0) ? wrong('an invoke failed') : null;
};

const isOf = (values: ReadonlyMap<string, readonly string[]>, model: string, { hash, round }: Invoked): boolean =>
  hash === values.get(model)?.[round % inputs];

/** Every invoke by the NPU (its counter says so), with the software device's bytes. */
const byNpu =
  (model: string, rounds: number) =>
  (seen: Seen, { software, cpu }: Truths): Wrong | null => {
    const status = wrongStatus(seen, rounds);
    if (status !== null) return status;
    const others = seen.invokes.filter((invoke) => !isOf(software, model, invoke));
    const neither = others.filter((invoke) => !isOf(cpu, model, invoke)).length;
    if (neither > 0) return wrong(`${neither} of ${seen.invokes.length} differ from the software device`);
    const idle = seen.invokes.filter(({ tasks }) => tasks === 0).length;
    if (idle > 0) return wrong(`${idle} invokes did not reach the NPU`);
    const late = seen.said.find((line) => /a job took \d+ ms/.test(line));
    return others.length > 0
      ? {
          text: `${others.length} of ${seen.invokes.length} by TFLite's kernels: ${late ?? ''}`,
          byTime: late !== undefined,
        }
      : null;
  };

const valuesAndLog =
  (model: string) =>
  ({ invokes, kernel }: Seen, { software }: Truths): string => {
    const differ = invokes.filter(({ hash, round }) => hash !== software.get(model)?.[round % inputs]).length;
    return `${differ} of ${invokes.length} invokes differ from the software device; ${kernel.length} lines in the kernel's log`;
  };

/** Every invoke with the right values, whoever calculated them, and at least some lines of why. */
const right =
  (model: string, rounds: number, lines: number) =>
  (seen: Seen, { software, cpu }: Truths): Wrong | null => {
    const others = seen.invokes.filter((invoke) => !isOf(software, model, invoke) && !isOf(cpu, model, invoke));
    if (others.length > 0) return wrong(`${others.length} of ${seen.invokes.length} have wrong values`);
    return (
      wrongStatus(seen, rounds) ?? (seen.said.length < lines ? wrong(`${seen.said.length} lines, not ${lines}`) : null)
    );
  };

/** The last `rounds` invokes have the right values, whatever happened to a program before. */
const rightInTheEnd =
  (model: string, rounds: number) =>
  (seen: Seen, truths: Truths): Wrong | null =>
    right(
      model,
      rounds,
      0,
    )({ ...seen, prepares: seen.prepares.slice(-1), invokes: seen.invokes.slice(-rounds) }, truths);

export const wholeModels = [
  'digits_int8',
  'mobilenet_v1_0.25_128_quant',
  'mobilenet_v1_1.0_224_quant',
  'mobilenet_v2_1.0_224_quant',
  'kws_ref_model',
  'vww_96_int8',
  'efficientnet_lite0_int8',
  'coco_ssd_mobilenet_v1_1.0_quant',
  'host_step',
  'three_cores',
] as const;

/** With a module whose only change is a time limit of 30 s. */
export const patient: readonly Scenario[] = [
  ...wholeModels.map((model): Scenario => ({
    name: `ptfe ${model}`,
    commands: [counted(host('run', model, 2))],
    check: byNpu(model, 2),
  })),
  ...['mobilenet_v1_0.25_128_quant', 'mobilenet_v1_1.0_224_quant'].map((model): Scenario => ({
    name: `libteflon ${model}`,
    commands: [counted(`host run ${library} /m/${model}.tflite ${teflon} 2`)],
    // Mesa's own rounding: its values are not TFLite's.
    check: (seen) =>
      wrongStatus(seen, 2) ?? (seen.invokes.some(({ tasks }) => tasks === 0) ? wrong('not on the NPU') : null),
  })),
];

/** Tasks of each core between the first and the last time that the counters were read. */
const tasksByCore = ({ counters }: Seen): readonly number[] =>
  (counters.at(-1)?.tasks ?? []).map((tasks, core) => tasks - (counters[0]?.tasks[core] ?? 0));

/** Every core had tasks, and some of them at the same time. */
const wrongCores = (seen: Seen): Wrong | null => {
  const tasks = tasksByCore(seen);
  if (tasks.length < 2 || tasks.some((own) => own === 0)) return wrong(`tasks by core: ${tasks.join(', ')}`);
  const together = (seen.counters.at(-1)?.together ?? 0) - (seen.counters[0]?.together ?? 0);
  return together > 0 ? null : wrong('no two cores worked at once');
};

/** All rungs of the self-test, each by the NPU. */
const climbed = (seen: Seen): Wrong | null => {
  const said = seen.other.at(-1) ?? '';
  const [, same, all] = /^(\d+) of (\d+) rungs/.exec(said) ?? [];
  if (all === undefined || all === '0') return wrong(`it ended with "${said}"`);
  if (same !== all) return wrong(`${same ?? ''} of ${all} rungs are the software device's`);
  const tasks = tasksByCore(seen).reduce((sum, own) => sum + own, 0);
  return tasks < Number(all) ? wrong(`${tasks} tasks reached the NPU, for ${all} rungs`) : null;
};

/** The self-test without Node. */
export const selftest: Scenario = {
  name: 'selftest',
  commands: ['host counters', 'run_ladder /m npu', 'host counters'],
  check: climbed,
  remark: ({ other }) => other.at(-1) ?? '',
};

// The guest's console is a terminal with colours.
const ptfeCommand = 'NO_COLOR=1 node /ptfe/dist/cli.mjs';

/** With Node in the guest: what a person with a board runs first. */
export const firstHour: readonly Scenario[] = [
  {
    name: 'ptfe doctor',
    commands: [`${ptfeCommand} doctor`],
    check: ({ other }) => {
      const failed = other.find((line) => /^ {2}\S.* failed /.test(line));
      if (failed !== undefined) return wrong(failed.trim());
      const npu = other.find((line) => /^ {2}NPU +ok .* values are right/.test(line));
      return npu === undefined ? wrong('no line says that the NPU computed the right values') : null;
    },
    remark: ({ other }) => other.find((line) => /^ {2}NPU /.test(line))?.trim() ?? '',
  },
  {
    name: 'ptfe selftest',
    commands: ['host counters', `cd /tmp; ${ptfeCommand} selftest`, 'host counters'],
    check: climbed,
    remark: ({ other }) => other.at(-1) ?? '',
  },
];

export const small = 'kws_ref_model';

/** Of guest/answers.c, in its order: what the driver's callers, and the pretended driver, rely on. */
const answers = [
  'CREATE_BO of 0 bytes: ENOSPC',
  'the first BO: handle 1 at 0x0',
  'the second: handle 2 at 0x1000',
  'behind 10000 bytes: handle 3 at 0x4000',
  'mmap: zeros',
  'GEM_CLOSE while it is mapped: 0',
  'its address is not free: handle 3 at 0x5000',
  'behind munmap it is: handle 4 at 0x4000',
  'GEM_CLOSE of no handle: EINVAL',
  'FINI_BO: 0, of no handle: ENOENT, reserved: EINVAL',
  'PREP_BO of an idle BO: 0 at once',
  'PREP_BO of no handle: ENOENT at once',
  'no task: 0, and PREP: 0 at once',
  'tasks of 4 bytes: 0, and PREP: 0 at once',
  'a task without words: 0, and PREP: 0 at once',
  'tasks at address 8: 0, and PREP: 0 at once',
  'an unknown in: 0, and PREP: 0 at once',
  'an unknown out: 0, and PREP: 0 at once',
  'a BO twice in out: 0, and PREP: 0 at once',
  'a BO in in and out: 0, and PREP: 0 at once',
  'jobs of 39 bytes: EINVAL, and PREP: 0 at once',
  'reserved 1: EINVAL, and PREP: 0 at once',
  'jobs at address 8: EFAULT, and PREP: 0 at once',
  'no job: 0, and PREP: 0 at once',
  'a job that hangs: 0',
  'PREP_BO, deadline now: EBUSY at once',
  'PREP_BO of what it only reads: 0 at once',
  'PREP_BO, 80 ms: ETIMEDOUT after a while',
  'PREP_BO without end: 0 after the limit',
  'PREP_BO afterwards, deadline now: 0 at once',
] as const;

const withoutTimes = (line: string): string => line.replaceAll(/ (at once|after a while|after the limit)$/g, '');

const answered = ({ other }: Seen): Wrong | null => {
  const at = answers.findIndex((line, i) => withoutTimes(line) !== withoutTimes(other[i] ?? ''));
  if (at >= 0) return wrong(`not "${answers[at] ?? ''}" but "${other[at] ?? ''}"`);
  const late = answers.findIndex((line, i) => line !== other[i]);
  return late < 0 ? null : { text: `not "${answers[late] ?? ''}" but "${other[late] ?? ''}"`, byTime: true };
};

/** With the module as it is: a time limit of 500 ms. */
export const stock: readonly Scenario[] = [
  {
    name: 'what the driver answers',
    commands: [misbehave(modes.hang, 0), 'answers', behave],
    kernel: timedOut,
    check: answered,
  },
  { name: 'good', commands: [counted(host('run', small, 3))], check: byNpu(small, 3) },
  {
    name: 'a task hangs once',
    commands: [misbehave(modes.hang, 1), host('run', small, 2), behave],
    kernel: timedOut,
    check: byNpu(small, 2),
  },
  {
    name: 'tasks hang always',
    commands: [misbehave(modes.hang, 0), host('run', small, 4), behave],
    kernel: timedOut,
    check: right(small, 4, 3),
  },
  {
    name: 'no interrupt',
    commands: [misbehave(modes.silent, 0), host('run', small, 1), behave],
    kernel: timedOut,
    check: right(small, 1, 1),
  },
  {
    name: "the PPU's bits in place of the DPU's",
    commands: [misbehave(modes.ppu, 0), host('run', small, 1), behave],
    kernel: timedOut,
    check: right(small, 1, 1),
  },
  {
    name: 'page fault',
    commands: [misbehave(modes.fault, 0), host('run', small, 1), behave],
    kernel: [...timedOut, /Page fault at/],
    check: right(small, 1, 1),
  },
  {
    name: 'slow tasks pass the limit together',
    commands: [misbehave(modes.late, 0, 100), host('run', small, 1), behave],
    kernel: timedOut,
    check: right(small, 1, 1),
  },
  {
    name: 'a task ends behind the reset',
    // By then its program has ended, and its memory, which the kernel overwrites (page_poison), is others'.
    commands: [
      'host counters',
      misbehave(modes.late, 2, 1500),
      host('run', small, 1),
      behave,
      'i=0; while [ $i -lt 30 ]; do host counters; i=$((i + 1)); done',
      host('run', small, 3),
      'host counters',
    ],
    kernel: timedOut,
    check: (seen, truths) => {
      const refused = (seen.counters.at(-1)?.refused ?? 0) - (seen.counters[0]?.refused ?? 0);
      return refused > 0 ? wrong(`${refused} tasks ran on memory of others`) : right(small, 4, 1)(seen, truths);
    },
  },
  {
    name: 'the core loses its registers in a task',
    commands: [misbehave(modes.reset, 0), host('run', small, 1), behave],
    kernel: timedOut,
    check: right(small, 1, 1),
  },
  {
    name: 'tasks end without a write',
    commands: [misbehave(modes.skip, 0), host('run', small, 2), behave],
    check: right(small, 2, 2),
  },
  {
    name: 'a job is dropped once',
    commands: [`DROP_SUBMIT=1 ${counted(host('run', small, 2))}`],
    check: byNpu(small, 2),
  },
  {
    name: 'every job is dropped',
    commands: [`DROP_SUBMIT=all ${counted(host('run', small, 5))}`],
    check: right(small, 5, 3),
  },
  {
    name: 'two interpreters in two threads, on two cores',
    commands: ['host counters', host('threads', small, 8), 'host counters'],
    check: (seen, truths) =>
      byNpu(small, 16)(seen, truths) ??
      (tasksByCore(seen).filter((tasks) => tasks > 0).length < 2
        ? wrong(`tasks by core: ${tasksByCore(seen).join(', ')}`)
        : null),
  },
  {
    name: 'one inference on three cores',
    commands: ['host counters', host('run', 'three_cores', 8), 'host counters'],
    // The values are those of the plan for one core.
    check: (seen, truths) => byNpu(small, 8)(seen, truths) ?? wrongCores(seen),
  },
  {
    name: 'two interpreters in two threads, each on three cores',
    commands: ['host counters', host('threads', 'three_cores', 4), 'host counters'],
    check: (seen, truths) => byNpu(small, 8)(seen, truths) ?? wrongCores(seen),
  },
  { name: 'fork, on three cores', commands: [host('fork', 'three_cores', 1)], check: right(small, 3, 0) },
  { name: 'fork', commands: [host('fork', small, 1)], check: right(small, 3, 0) },
  { name: '200 rounds of create, invoke, destroy', commands: [host('cycle', small, 200)], check: byNpu(small, 200) },
  {
    name: 'three processes at once',
    commands: [
      'host counters',
      `${host('run', small, 4)} & ${host('run', small, 4)} & ${host('run', small, 4)} & wait`,
      'host counters',
    ],
    check: byNpu(small, 10),
  },
  {
    name: 'device=npu without the node',
    commands: ['mv /dev/accel /dev/away', host('run', small, 1, 'device=npu'), 'mv /dev/away /dev/accel'],
    check: ({ other, said }) =>
      [...other, ...said].some((line) => line.includes('device=npu')) ? null : wrong('no reason is given'),
  },
  {
    name: 'device=auto without the node',
    commands: ['mv /dev/accel /dev/away', host('run', small, 1), 'mv /dev/away /dev/accel'],
    check: (seen, { cpu }) =>
      seen.invokes[0]?.hash !== cpu.get(small)?.[0]
        ? wrong(`not TFLite's values: ${hashes(seen.invokes).join()}`)
        : seen.said.length === 1
          ? null
          : wrong(`${seen.said.length} lines, not 1`),
  },
  { name: 'good at the end', commands: [host('run', small, 3)], check: byNpu(small, 3) },
  {
    name: '50 exits right behind an invoke',
    commands: [`i=0; while [ $i -lt 50 ]; do ${host('exit', small, 1)}; i=$((i + 1)); done`],
    // `_exit` does not wait for the driver, which frees the job through what the close has freed.
    warnings: [/Memory manager not clean during takedown/],
    isHarmful: true,
    check: byNpu(small, 50),
  },
];

/** Faults without a sign, a kill, an unbound driver: what the kernel logs and what the values were is shown. */
export const unseen: readonly Scenario[] = [
  {
    name: 'DMA_READ_ERROR beside the end',
    commands: [misbehave(modes.readError, 1), host('run', small, 1), behave],
    kernel: [/./],
    check: () => null,
    remark: valuesAndLog(small),
  },
  {
    name: 'DMA_WRITE_ERROR beside the end',
    commands: [misbehave(modes.writeError, 1), host('run', small, 1), behave],
    kernel: [/./],
    check: () => null,
    remark: valuesAndLog(small),
  },
  {
    name: 'one task of a job ends without a write',
    commands: [misbehave(modes.skip, 1), host('run', small, 1), behave],
    check: () => null,
    remark: valuesAndLog(small),
  },
  {
    name: 'an interrupt too many',
    // It counts where it comes before the next task ends: one in two.
    commands: [1, 2, 3, 4].flatMap(() => [misbehave(modes.extra, 1), host('run', small, 1), behave]),
    kernel: [/./],
    check: () => null,
    remark: valuesAndLog(small),
  },
  {
    name: 'kill -9 in the middle of a job',
    commands: [
      misbehave(modes.late, 0, 30),
      `{ ${host('run', small, 50)} & sleep 2; kill -9 $!; wait; } > /dev/null`,
      behave,
      'sleep 1',
      host('run', small, 2),
    ],
    kernel: [/./],
    isHarmful: true,
    check: rightInTheEnd(small, 2),
    remark: valuesAndLog(small),
  },
  {
    name: 'the driver is unbound between two invokes',
    commands: [host('unbind', small, 6)],
    isHarmful: true, // without the look at the cores SUBMIT ends the program with an oops in drm_sched_job_arm
    check: right(small, 6, 1),
    remark: valuesAndLog(small),
  },
];
