/**
 * Delegates on a pretended device that computes nothing, as aarch64 programs under qemu-user: what the CPU pays around the NPU.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { CannotSetUp } from '../../test/host/process.js';
import { numericsOf, repository } from '../../test/host/python.js';
import { sharedPath } from '../../test/host/shared.js';
import { type Aarch64Host, openAarch64Host } from '../../test/host/teflon.js';
import { findZig, zigCompile } from '../../test/host/zig.js';
import { type Invoked, marks, type Prepared, scenariosOf } from '../../test/kernel/lines.js';
import { buildPrograms } from '../../test/kernel/programs.js';
import { type Figure, type Row, spreadOf } from '../figures.js';
import { fileOf, modelPath } from '../models.js';
import type { Measure, Part, Settings } from '../part.js';
import { takenFigures, takenOf } from '../said.js';

interface Contender {
  readonly who: string;
  /** Path of the delegate; `-` is none. */
  readonly delegate: string;
  /** Variables of the emulated program. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same, so that it says what it takes. */
  readonly telling: Readonly<Record<string, string>>;
  readonly options: (folder: string) => readonly string[];
  /** Whether a plan of an earlier round must be forgotten. */
  readonly isCold: boolean;
  readonly invokes: number;
}

interface Seen {
  readonly prepare: Prepared;
  readonly invokes: readonly Invoked[];
  readonly text: string;
}

/** The first invoke, in which the emulator translates, is left out. */
const invokes = 12;

const numerics = numericsOf.tflite_runtime; // Debian's TFLite is 2.14

/** Mesa's library on a pretended Vivante NPU; null where its driver's stand-in is not here. */
const vivante = (libteflon: string): Contender => {
  const source = sharedPath('peers/teflon/fake_etnaviv.c');
  if (!existsSync(source)) throw new CannotSetUp(`${source} is not here`);
  const zig = findZig();
  if ('why' in zig) throw new CannotSetUp(zig.why);
  const folder = join(repository, 'build/bench');
  const library = join(folder, 'fake_etnaviv.so');
  mkdirSync(folder, { recursive: true });
  const args = ['-O2', '-w', '-shared', '-fPIC', source, '-o', library, '-ldl'];
  const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', args);
  if (failed !== null) throw new CannotSetUp(`fake_etnaviv.c does not compile: ${failed}`);
  return {
    who: 'libteflon, Vivante A311D',
    delegate: libteflon,
    variables: { LD_PRELOAD: library, CAPTURE_QUIET: '1', NPU: 'a311d' },
    telling: { TEFLON_DEBUG: 'verbose' },
    options: () => [],
    isCold: false,
    invokes,
  };
};

const contenders = ({ libteflon, shim }: Aarch64Host, ptfe: string, say: Settings['say']): readonly Contender[] => {
  const ours = {
    delegate: ptfe,
    variables: { LD_PRELOAD: shim, ROCKET_SHIM_IDLE: 'zeros' },
    telling: { PTFE_VERBOSE: '1' },
    isCold: false,
    invokes,
  };
  const engine = [`engine=${join(repository, 'dist/engine.mjs')}`, `node=${process.execPath}`, 'device=npu'];
  const others: Contender[] = [
    {
      ...{ who: 'TFLite alone', delegate: '-', variables: {}, telling: {}, options: () => [] },
      ...{ isCold: false, invokes: 0 },
    },
    {
      who: 'libteflon, rocket',
      delegate: libteflon,
      variables: { LD_PRELOAD: shim, ROCKET_SHIM_IDLE: 'nothing' },
      telling: { TEFLON_DEBUG: 'verbose' },
      options: () => [],
      isCold: false,
      invokes,
    },
  ];
  try {
    others.push(vivante(libteflon));
  } catch (error) {
    if (!(error instanceof CannotSetUp)) throw error;
    say(`without Vivante: ${error.message}`);
  }
  return [
    ...others,
    { ...ours, who: 'ptfe, cold', options: (folder) => [...engine, `cache=${folder}/cold`], isCold: true, invokes: 0 },
    { ...ours, who: 'ptfe, cache', options: (folder) => [...engine, `cache=${folder}/cache`] },
    { ...ours, who: 'ptfe, plan file', options: (folder) => ['device=npu', `plan=${folder}/model.plan`] },
  ];
};

const runHost = (
  { qemu, libraries }: Aarch64Host,
  host: string,
  model: string,
  { delegate, options, variables }: Contender,
  folder: string,
  rounds: number,
): Promise<Seen> =>
  new Promise((resolve, reject) => {
    const args = [
      ...Object.entries(variables).flatMap(([name, value]) => ['-E', `${name}=${value}`]),
      ...[join(libraries, 'ld-linux-aarch64.so.1'), '--library-path', libraries, host, 'run'],
      ...[join(libraries, 'libtensorflow-lite.so.2.14.1'), model, delegate, String(rounds), ...options(folder)],
    ];
    const child = spawn(qemu, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, timeout: 300_000 });
    let [text, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part));
    child.once('error', reject);
    child.once('close', (status) => {
      const seen = scenariosOf(`${marks.scenario}it\n${text}`).get('it');
      const prepare = seen?.prepares[0];
      const problem = /^ptfe: .*(TFLite's kernels|nodes stay|another model).*$/m.exec(said)?.[0];
      if (status !== 0 || prepare?.status !== 0 || problem !== undefined)
        reject(
          new Error(`${delegate} on ${model}: ${problem ?? (said.trim().split('\n').at(-1) || `exit ${status}`)}`),
        );
      else resolve({ prepare, invokes: seen?.invokes ?? [], text: `${text}${said}` });
    });
  });

const figuresOf = (runs: readonly Seen[]): Readonly<Record<string, Figure>> => {
  const own = spreadOf(runs.map(({ prepare }) => prepare.cpu));
  const engine = spreadOf(runs.map(({ prepare }) => prepare.children));
  const warm = runs.flatMap((run) => run.invokes.slice(1).map(({ cpu }) => cpu));
  return {
    prepare: own,
    ...(engine.most > 0 ? { engine } : {}),
    resident: spreadOf(runs.map(({ prepare }) => prepare.resident / 1024)),
    ...(warm.length > 0 ? { invoke: spreadOf(warm) } : {}),
  };
};

/** What Prepare needs beyond TFLite's own: with this the delegates are compared. */
const withNet = (rows: readonly Row[]): readonly Row[] => {
  const alone = rows.find(({ who }) => who === 'TFLite alone')?.figures;
  const median = (figure: Figure | undefined): number =>
    typeof figure === 'object' && figure !== null ? figure.median : NaN;
  return rows.map(({ who, figures }) =>
    figures === alone
      ? { who, figures }
      : {
          who,
          figures: {
            ...figures,
            own: median(figures['prepare']) - median(alone?.['prepare']),
            grown: median(figures['resident']) - median(alone?.['resident']),
          },
        },
  );
};

const open = (settings: Settings): Promise<Measure> => {
  const host = openAarch64Host();
  if (typeof host === 'string') throw new CannotSetUp(host);
  const programs = buildPrograms(Infinity);
  const all = contenders(host, programs.library, settings.say);
  return Promise.resolve(async (name) => {
    const model = modelPath(fileOf(name));
    const bytes = readFileSync(model);
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-bench-'));
    const runs = new Map<string, Seen[]>();
    const told = new Map<string, Readonly<Record<string, Figure>>>();
    const one = (contender: Contender, rounds: number): Promise<Seen> =>
      runHost(host, programs.host, model, contender, folder, rounds);
    try {
      writeFileSync(
        join(folder, 'model.plan'),
        planFile(readTflite(bytes).graph, compileTflite(bytes, { trust: 'inferred', numerics })),
      );
      for (const contender of all) {
        settings.say(`${name}: ${contender.who}, what it takes`);
        const variables = { ...contender.variables, ...contender.telling };
        const { text } = await one({ ...contender, variables }, contender.invokes > 0 ? 1 : 0);
        told.set(contender.who, contender.delegate === '-' ? {} : takenFigures(takenOf(text)));
      }
      const rounds = settings.isQuick ? 2 : 7;
      for (let round = 0; round < rounds; round++) {
        for (const contender of all) {
          settings.say(`${name}: ${contender.who}, ${round + 1} of ${rounds}`);
          const cache = join(folder, 'cold');
          if (contender.isCold && existsSync(cache))
            for (const file of readdirSync(cache)) rmSync(join(cache, file), { recursive: true });
          const seen = await one(contender, contender.invokes);
          runs.set(contender.who, [...(runs.get(contender.who) ?? []), seen]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    return withNet(all.map(({ who }) => ({ who, figures: { ...told.get(who), ...figuresOf(runs.get(who) ?? []) } })));
  });
};

export const emulated: Part = {
  name: 'emulated',
  title: 'Around the NPU: Prepare and invoke on a device that computes nothing',
  text: [
    "aarch64 programs under qemu-user: TFLite 2.14's C library and Mesa's libteflon of Debian, and ptfe's library as it is released, on a pretended kernel driver that computes nothing. `rocket` is the RK3588's driver, `Vivante A311D` etnaviv's. Each round is a process of its own; rounds take turns. CPU time of the process; that of ptfe's compiler, which runs natively beside the emulated program, is a column of its own. The invokes leave the first one out, in which the emulator translates, and hold TFLite's kernels of the nodes that the delegate leaves to the CPU.",
    'Emulated times say nothing of a board. The ratios compare programs in the same emulator, in turns.',
  ],
  each: 'model',
  columns: [
    { key: 'nodes', title: 'nodes taken' },
    { key: 'partitions', title: 'partitions' },
    { key: 'tasks', title: 'tasks' },
    { key: 'prepare', title: 'Prepare, CPU ms' },
    { key: 'own', title: "less TFLite's, ms" },
    { key: 'engine', title: 'compiler, CPU ms' },
    { key: 'invoke', title: 'invoke, CPU ms' },
    { key: 'resident', title: 'RSS, MiB' },
    { key: 'grown', title: "more than TFLite's, MiB" },
  ],
  ratios: [
    { title: 'invoke: libteflon rocket / ptfe', column: 'invoke', over: 'libteflon, rocket', under: 'ptfe, cache' },
    {
      title: 'invoke: libteflon Vivante / ptfe',
      column: 'invoke',
      over: 'libteflon, Vivante A311D',
      under: 'ptfe, cache',
    },
    {
      title: 'Prepare: libteflon rocket / ptfe, cache',
      column: 'own',
      over: 'libteflon, rocket',
      under: 'ptfe, cache',
    },
    {
      title: 'Prepare: libteflon rocket / ptfe, plan file',
      column: 'own',
      over: 'libteflon, rocket',
      under: 'ptfe, plan file',
    },
    {
      title: 'Prepare: libteflon Vivante / ptfe, cache',
      column: 'own',
      over: 'libteflon, Vivante A311D',
      under: 'ptfe, cache',
    },
  ],
  cases: [
    'MobileNetV1 0.25',
    'MobileNetV1',
    'MobileNetV2',
    'MobileNetV2, per channel',
    'SSD MobileNetV1',
    'EfficientNet-Lite0',
  ],
  quickCases: ['MobileNetV1', 'MobileNetV2'],
  byHand: [
    '`../shared/peers/teflon/README.md` runs the same libraries by hand: `run.sh MODEL teflon 3`, `run.sh MODEL teflon-etnaviv 3`, `run.sh MODEL prebuilds/aarch64/libptfe.so 3 - plan=FILE`.',
  ],
  open,
};
