/** ptfe and Mesa's libteflon on Linux's own rocket driver: the guest of `npm run test:kernel`, with the software NPU as the hardware. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CannotSetUp } from '../../test/host/process.js';
import { repository } from '../../test/host/repository.js';
import { setUpBed } from '../../test/kernel/bed.js';
import { bootGuest, type GuestFiles, type Step } from '../../test/kernel/guest.js';
import { type Seen, scenariosOf } from '../../test/kernel/lines.js';
import { buildPrograms } from '../../test/kernel/programs.js';
import { type Figure, type Row, type Spread, spreadOf } from '../figures.js';
import { fileOf } from '../models.js';
import type { Measure, Part, Settings } from '../part.js';
import { takenFigures, takenOf } from '../said.js';
import { differenceText, referenceOutputs } from '../values.js';
import type { OutputTensor } from '../../test/host/oracle.js';

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

const valueRounds = 2;

/** The first process of each is not counted: its pages are read, and the emulator translates. */
const stepsOf = (file: string, processes: number, rounds: number): readonly Step[] => {
  const command = (what: string, { delegate, options }: Contender, times: number): string =>
    `LD_PRELOAD=/bin/count.so host ${what} ${library} /m/${file}.tflite ${delegate} ${times} ${options}`.trim();
  return [alone, ...contendersOf(file)].flatMap((one): readonly Step[] => [
    {
      name: one.who,
      commands: Array.from({ length: 1 + processes }, () => command('run', one, one.delegate === '-' ? 0 : rounds)),
      stall,
      most,
    },
    {
      name: `${one.who}, values`,
      commands: [`${one.telling} ${command('show', one, valueRounds)}`.trim()],
      stall,
      most,
    },
  ]);
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

const rowsOf = (
  file: string,
  seen: ReadonlyMap<string, Seen>,
  expected: readonly (readonly OutputTensor[])[],
  log: string,
): readonly Row[] => {
  const nothing = checked(seen, alone.who, false, log);
  const prepareOf = ({ prepares }: Seen): Spread => spreadOf(prepares.slice(1).map(({ cpu }) => cpu));
  const before = prepareOf(nothing);
  const itself = differenceText(expected, checked(seen, `${alone.who}, values`, false, log).outputs);
  return [
    { who: alone.who, figures: { prepare: before, values: itself } },
    ...contendersOf(file).map(({ who }): Row => {
      const timed = checked(seen, who, true, log);
      const shown = checked(seen, `${who}, values`, true, log);
      const prepare = prepareOf(timed);
      return {
        who,
        figures: {
          ...takenFigures(takenOf([...shown.said, ...shown.other].join('\n'))),
          prepare,
          invoke: spreadOf(timed.invokes.filter(({ round }) => round > 0).map(({ cpu }) => cpu)),
          ...callsOf(timed),
          values: differenceText(expected, shown.outputs),
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
    const { prepareModels } = await import('../../test/kernel/models.js'); // it draws random models
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
    say(`${name}: the right values`);
    const expected = await referenceOutputs(model.model, valueRounds);
    say(`${name}: a guest with Linux ${bed.kernel}`);
    const steps = stepsOf(file, isQuick ? 2 : 5, isQuick ? 3 : 4);
    const { console } = await bootGuest(bed, files, programs.server, {
      module: 'rocket-30s',
      append: '',
      environment: ['PTFE_TEST_JOB_LIMIT_MS=30000'],
      steps,
      until: Date.now() + 1_500_000,
    });
    appendFileSync(log, `--- ${name}\n${console}\n`);
    return rowsOf(file, scenariosOf(console), expected, log);
  });
};

export const guest: Part = {
  name: 'guest',
  title: "On Linux's own driver",
  text: [
    "The kernel's rocket driver, its source unchanged but for a time limit of 30 s for a job, in QEMU's arm64 machine, with the software NPU as the hardware (`npm run test:kernel` has the same guest). ptfe is given a plan file. BOs are those of Prepare and one invoke; ioctls (without mmap and GEM_CLOSE), bytes that PREP and FINI sync, jobs and tasks are those of the last invoke. Values: two inputs of noise, all outputs, against TFLite 2.14's reference kernels; `TFLite alone` is Debian's build with its fast kernels, on which the nodes also run that a delegate leaves.",
    'CPU times are those of an emulated processor: only their ratios are of use, and spreads say how far. Several processes, the first of which is left out, and so is the first invoke of each.',
  ],
  each: 'model',
  columns: [
    { key: 'nodes', title: 'nodes taken' },
    { key: 'partitions', title: 'partitions' },
    { key: 'prepare', title: 'Prepare, CPU ms' },
    { key: 'invoke', title: 'invoke, CPU ms' },
    { key: 'bos', title: 'BOs' },
    { key: 'bytes', title: 'MiB' },
    { key: 'ioctls', title: 'ioctls' },
    { key: 'synced', title: 'synced, MiB' },
    { key: 'jobs', title: 'jobs' },
    { key: 'tasks', title: 'tasks' },
    { key: 'values', title: "values against TFLite's reference" },
  ],
  ratios: [
    { title: 'invoke, CPU: libteflon / ptfe', column: 'invoke', over: 'libteflon', under: 'ptfe' },
    { title: 'Prepare: libteflon / ptfe', column: 'prepare', over: 'libteflon', under: 'ptfe' },
    { title: 'ioctls: libteflon / ptfe', column: 'ioctls', over: 'libteflon', under: 'ptfe' },
    { title: 'synced: libteflon / ptfe', column: 'synced', over: 'libteflon', under: 'ptfe' },
  ],
  cases: ['MobileNetV1 0.25', 'MobileNetV1', 'MobileNetV2', 'SSD MobileNetV1'],
  quickCases: ['MobileNetV1 0.25', 'MobileNetV1'],
  byHand: ['`npm run test:kernel -- --only libteflon --only "ptfe mobilenet"` shows the same counts in its table.'],
  open,
};
