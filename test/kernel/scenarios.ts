/** What is tried on the real driver, and how each must end. */
import type { Invoked, Seen } from './lines.js';

/** What the NPU's next tasks do wrong (npu/core.h). */
const modes = { hang: 1, skip: 2, late: 3, readError: 4, ppu: 7, silent: 8, fault: 9, extra: 10 } as const;

export interface Truths {
  /** Hash of each round's outputs of the software device, by model. */
  readonly software: ReadonlyMap<string, readonly string[]>;
  /** Of TFLite's kernels without a delegate. */
  readonly cpu: ReadonlyMap<string, readonly string[]>;
}

export interface Scenario {
  readonly name: string;
  readonly commands: readonly string[];
  /** Kernel lines that belong to it; any other is a failure. */
  readonly kernel?: readonly RegExp[];
  /** @returns what is wrong, or null */
  readonly check: (seen: Seen, truths: Truths) => string | null;
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

const wrongStatus = ({ prepares, invokes }: Seen, rounds: number): string | null => {
  if (prepares.some(({ status }) => status !== 0)) return 'Prepare failed';
  if (invokes.length < rounds) return `${invokes.length} of ${rounds} invokes came back`;
  return invokes.some(({ status }) => status !== 0) ? 'an invoke failed' : null;
};

/** Every invoke by the NPU (its counter says so), with the software device's bytes. */
const byNpu =
  (model: string, rounds: number) =>
  (seen: Seen, { software }: Truths): string | null => {
    const expected = software.get(model) ?? [];
    const idle = seen.invokes.filter(({ tasks }) => tasks === 0).length;
    if (idle > 0) return `${idle} invokes did not reach the NPU`;
    const different = seen.invokes.filter(({ hash, round }) => hash !== expected[round % inputs]).length;
    return (
      wrongStatus(seen, rounds) ??
      (different > 0 ? `${different} of ${seen.invokes.length} differ from the software device` : null)
    );
  };

/** The last `rounds` invokes by the NPU, whatever happened to a program before. */
const inTheEnd =
  (model: string, rounds: number) =>
  (seen: Seen, truths: Truths): string | null =>
    byNpu(model, rounds)({ ...seen, prepares: seen.prepares.slice(-1), invokes: seen.invokes.slice(-rounds) }, truths);

const valuesAndLog =
  (model: string) =>
  ({ invokes, kernel }: Seen, { software }: Truths): string => {
    const differ = invokes.filter(({ hash, round }) => hash !== software.get(model)?.[round % inputs]).length;
    return `${differ} of ${invokes.length} invokes differ from the software device; ${kernel.length} lines in the kernel's log`;
  };

/** Every invoke with the right values, whoever calculated them, and at least some lines of why. */
const right =
  (model: string, rounds: number, lines: number) =>
  (seen: Seen, { software, cpu }: Truths): string | null => {
    const wrong = seen.invokes.filter(
      ({ hash, round }) => hash !== software.get(model)?.[round % inputs] && hash !== cpu.get(model)?.[round % inputs],
    );
    if (wrong.length > 0) return `${wrong.length} of ${seen.invokes.length} have wrong values`;
    return wrongStatus(seen, rounds) ?? (seen.said.length < lines ? `${seen.said.length} lines, not ${lines}` : null);
  };

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
    check: (seen) => wrongStatus(seen, 2) ?? (seen.invokes.some(({ tasks }) => tasks === 0) ? 'not on the NPU' : null),
  })),
];

/** The self-test to its end, each rung by the NPU. */
export const selftest: Scenario = {
  name: 'selftest',
  commands: ['run_ladder /m npu'],
  check: ({ other }) => {
    const [, same, all] = /^(\d+) of (\d+) rungs/.exec(other.at(-1) ?? '') ?? [];
    if (all === undefined || all === '0') return `it ended with "${other.at(-1) ?? ''}"`;
    return same === all ? null : `${same ?? ''} of ${all} rungs are the software device's`;
  },
};

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

const answered = ({ other }: Seen): string | null => {
  const at = answers.findIndex((line) => !other.includes(line));
  return at < 0 ? null : `not "${answers[at] ?? ''}" but "${other[at] ?? ''}"`;
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
    name: 'a job is dropped once',
    commands: [`DROP_SUBMIT=1 ${counted(host('run', small, 2))}`],
    check: byNpu(small, 2),
  },
  {
    name: 'every job is dropped',
    commands: [`DROP_SUBMIT=all ${counted(host('run', small, 5))}`],
    check: right(small, 5, 3),
  },
  { name: 'two threads', commands: [host('threads', small, 8)], check: byNpu(small, 16) },
  { name: 'fork', commands: [host('fork', small, 1)], check: right(small, 3, 0) },
  { name: '200 rounds of create, invoke, destroy', commands: [host('cycle', small, 200)], check: byNpu(small, 200) },
  {
    name: '50 exits right behind an invoke',
    commands: [`i=0; while [ $i -lt 50 ]; do ${host('exit', small, 1)}; i=$((i + 1)); done`],
    check: byNpu(small, 50),
  },
  {
    name: 'three processes at once',
    commands: [`${host('run', small, 4)} & ${host('run', small, 4)} & ${host('run', small, 4)} & wait`],
    check: byNpu(small, 10),
  },
  {
    name: 'device=npu without the node',
    commands: ['mv /dev/accel /dev/away', host('run', small, 1, 'device=npu'), 'mv /dev/away /dev/accel'],
    check: ({ other, said }) =>
      [...other, ...said].some((line) => line.includes('device=npu')) ? null : 'no reason is given',
  },
  {
    name: 'device=auto without the node',
    commands: ['mv /dev/accel /dev/away', host('run', small, 1), 'mv /dev/away /dev/accel'],
    check: (seen, { cpu }) =>
      seen.invokes[0]?.hash !== cpu.get(small)?.[0]
        ? `not TFLite's values: ${hashes(seen.invokes).join()}`
        : seen.said.length === 1
          ? null
          : `${seen.said.length} lines, not 1`,
  },
  { name: 'good at the end', commands: [host('run', small, 3)], check: byNpu(small, 3) },
];

/** Faults without a sign, and a kill: what the kernel logs and what the values were is shown; the next program is right. */
export const unseen: readonly Scenario[] = [
  {
    name: 'DMA_READ_ERROR beside the end',
    commands: [misbehave(modes.readError, 1), host('run', small, 1), behave],
    kernel: [/./],
    check: () => null,
    remark: valuesAndLog(small),
  },
  {
    name: 'an interrupt too many',
    commands: [misbehave(modes.extra, 1), host('run', small, 1), behave],
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
    check: inTheEnd(small, 2),
    remark: valuesAndLog(small),
  },
];
