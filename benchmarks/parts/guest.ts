/** ptfe and Mesa's libteflon on Linux's own rocket driver: the guest of `npm run test:kernel`, with the software NPU as the hardware. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotSetUp } from '../../test/host/process.js';
import { repository } from '../../test/host/repository.js';
import { setUpBed } from '../../test/kernel/bed.js';
import { bootGuest, type GuestFiles, type Step } from '../../test/kernel/guest.js';
import { type Seen, scenariosOf } from '../../test/kernel/lines.js';
import { prepareModels } from '../../test/kernel/models.js';
import { buildPrograms } from '../../test/kernel/programs.js';
import { type Figure, type Row, spreadOf } from '../figures.js';
import { fileOf } from '../models.js';
import type { Measure, Part, Settings } from '../part.js';
import { takenFigures, takenOf } from '../said.js';

const library = '/usr/lib/aarch64-linux-gnu/libtensorflow-lite.so.2.14.1';

interface Contender {
  readonly who: string;
  readonly delegate: string;
  readonly options: string;
  readonly telling: string;
}

const contendersOf = (file: string): readonly Contender[] => [
  { who: 'libteflon', delegate: '/usr/lib/teflon/libteflon.so', options: '', telling: 'TEFLON_DEBUG=verbose' },
  { who: 'ptfe', delegate: '/usr/lib/libptfe.so', options: `plan=/m/${file}.plan`, telling: 'PTFE_VERBOSE=1' },
];

const alone: Contender = { who: 'TFLite alone', delegate: '-', options: '', telling: '' };

/** An emulated machine under load: what hangs is ended, what is slow is not. */
const [stall, most] = [200, 900];

const stepsOf = (file: string, rounds: number): readonly Step[] => {
  const command = (what: string, { delegate, options }: Contender, times: number): string =>
    `LD_PRELOAD=/bin/count.so host ${what} ${library} /m/${file}.tflite ${delegate} ${times} ${options}`.trim();
  const timed = (one: Contender, times: number): Step => ({
    name: one.who,
    commands: [command('run', one, times)],
    stall,
    most,
  });
  return [
    timed(alone, 0),
    ...contendersOf(file).flatMap((one): readonly Step[] => [
      timed(one, rounds),
      { name: `${one.who}, values`, commands: [`${one.telling} ${command('compare', one, 2)}`], stall, most },
    ]),
  ];
};

/** @throws Error where it did not end well, or not on the NPU */
const checked = (seen: ReadonlyMap<string, Seen>, who: string, needsTasks: boolean, log: string): Seen => {
  const found = seen.get(who);
  if (found === undefined || found.limit !== null) throw new Error(`${who} did not end: ${log}`);
  const failed = [...found.prepares, ...found.invokes].some(({ status }) => status !== 0);
  const idle = needsTasks && (found.invokes.length === 0 || found.invokes.some(({ tasks }) => tasks === 0));
  const fell = found.said.find((line) => line.includes("TFLite's kernels"));
  if (failed || idle || fell !== undefined || (found.prepares.length === 0 && found.invokes.length === 0))
    throw new Error(`${who}: ${fell ?? (failed ? 'it failed' : 'not on the NPU')}: ${log}`);
  return found;
};

const callsOf = ({ prepares, invokes }: Seen): Readonly<Record<string, Figure>> => {
  const [made, last] = [prepares[0]?.ioctls ?? null, invokes.at(-1)?.ioctls ?? null];
  if (made === null || last === null) throw new Error('the ioctls were not counted');
  return {
    bos: made.create + last.create,
    bytes: made.bytes / 2 ** 20,
    ioctls: last.create + last.submit + last.prep + last.fini,
    synced: last.synced / 2 ** 20,
    jobs: last.jobs,
    tasks: last.tasks,
  };
};

const valuesOf = ({ differences }: Seen): string => {
  const all = differences.reduce((sum, { values }) => sum + values, 0);
  const different = differences.reduce((sum, one) => sum + one.different, 0);
  const largest = Math.max(...differences.map((one) => one.most));
  if (all === 0) throw new Error('no values were compared');
  return different === 0
    ? `all ${all} equal`
    : `${different} of ${all} differ, by up to ${Number(largest.toPrecision(3))}`;
};

const rowsOf = (file: string, seen: ReadonlyMap<string, Seen>, log: string): readonly Row[] => {
  const nothing = checked(seen, alone.who, false, log);
  const before = nothing.prepares[0]?.cpu ?? NaN;
  return [
    { who: alone.who, figures: { prepare: before } },
    ...contendersOf(file).map(({ who }): Row => {
      const timed = checked(seen, who, true, log);
      const compared = checked(seen, `${who}, values`, true, log);
      const prepare = timed.prepares[0]?.cpu ?? NaN;
      return {
        who,
        figures: {
          ...takenFigures(takenOf([...compared.said, ...compared.other].join('\n'))),
          prepare,
          own: prepare - before,
          invoke: spreadOf(timed.invokes.slice(1).map(({ cpu }) => cpu)),
          ...callsOf(timed),
          values: valuesOf(compared),
        },
      };
    }),
  ];
};

const open = ({ say, isQuick }: Settings): Promise<Measure> => {
  say('the kernel and its driver (npm run test:kernel sets the same up)');
  const bed = setUpBed(Date.now() + 900_000);
  const programs = buildPrograms(Infinity);
  const folder = join(repository, 'build/bench');
  const log = join(folder, 'guest.log');
  mkdirSync(folder, { recursive: true });
  writeFileSync(log, '');
  return Promise.resolve(async (name) => {
    const file = fileOf(name);
    const [model] = prepareModels([file], join(folder, 'models'));
    if (model === undefined) throw new CannotSetUp(`${file} is not here`);
    const files: GuestFiles = {
      sysroot: programs.sysroot,
      folders: {
        bin: [programs.host, programs.count, programs.limit],
        'usr/lib': [programs.library],
        'usr/lib/teflon': [join(programs.sysroot, 'usr/lib/teflon/libteflon.so')],
        m: [model.model, model.plan],
      },
    };
    say(`${name}: a guest with Linux ${bed.kernel}`);
    const steps = stepsOf(file, isQuick ? 3 : 6);
    const { console } = await bootGuest(bed, files, programs.server, {
      module: 'rocket-30s',
      append: '',
      environment: ['PTFE_TEST_JOB_LIMIT_MS=30000'],
      steps,
      until: Date.now() + 1_500_000,
    });
    appendFileSync(log, `--- ${name}\n${console}\n`);
    return rowsOf(file, scenariosOf(console), log);
  });
};

export const guest: Part = {
  name: 'guest',
  title: "On Linux's own driver",
  text: [
    "The kernel's rocket driver, its source unchanged but for a time limit of 30 s for a job, in QEMU's arm64 machine, with the software NPU as the hardware (`npm run test:kernel` has the same guest). ptfe is given a plan file. BOs are those of Prepare and one invoke; ioctls (without mmap and GEM_CLOSE), bytes that PREP and FINI sync, jobs and tasks are those of the last invoke. Values: two inputs of noise, all outputs, against TFLite's kernels in the same process.",
    'CPU times are those of an emulated processor: only their ratios are of use. Invokes leave the first one out.',
  ],
  each: 'model',
  columns: [
    { key: 'nodes', title: 'nodes taken' },
    { key: 'partitions', title: 'partitions' },
    { key: 'prepare', title: 'Prepare, CPU ms' },
    { key: 'own', title: "less TFLite's, ms" },
    { key: 'invoke', title: 'invoke, CPU ms' },
    { key: 'bos', title: 'BOs' },
    { key: 'bytes', title: 'MiB' },
    { key: 'ioctls', title: 'ioctls' },
    { key: 'synced', title: 'synced, MiB' },
    { key: 'jobs', title: 'jobs' },
    { key: 'tasks', title: 'tasks' },
    { key: 'values', title: "values against TFLite's" },
  ],
  ratios: [
    { title: 'invoke, CPU: libteflon / ptfe', column: 'invoke', over: 'libteflon', under: 'ptfe' },
    { title: 'Prepare: libteflon / ptfe', column: 'own', over: 'libteflon', under: 'ptfe' },
    { title: 'ioctls: libteflon / ptfe', column: 'ioctls', over: 'libteflon', under: 'ptfe' },
    { title: 'synced: libteflon / ptfe', column: 'synced', over: 'libteflon', under: 'ptfe' },
  ],
  cases: ['MobileNetV1 0.25', 'MobileNetV1', 'MobileNetV2', 'SSD MobileNetV1'],
  quickCases: ['MobileNetV1 0.25', 'MobileNetV1'],
  byHand: ['`npm run test:kernel -- --only libteflon --only "ptfe mobilenet"` shows the same counts in its table.'],
  open,
};
