/** Instructions of ptfe around the NPU, counted by valgrind: the same however busy the machine is. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listOf } from '../../scripts/sources.mjs';
import { staleReason } from '../../scripts/stale.mjs';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { CannotSetUp } from '../../test/host/process.js';
import { numericsOf, repository } from '../../test/host/python.js';
import { debianSysroot } from '../../test/host/sysroot.js';
import type { Row } from '../figures.js';
import { fileOf, modelPath } from '../models.js';
import type { Measure, Part, Settings } from '../part.js';

const folder = join(repository, 'build/bench');
const shim = join(folder, 'shim.so');
const host = join(folder, 'host');

const compile = (args: readonly string[]): void => {
  const { status, stderr, error } = spawnSync(process.env['CC'] ?? 'cc', args, { cwd: repository, encoding: 'utf8' });
  if (error !== undefined) throw new CannotSetUp(`no C compiler (${error.message})`);
  if (status !== 0) throw new Error(`cc ${args.join(' ')}:\n${stderr}`);
};

const build = (): void => {
  mkdirSync(folder, { recursive: true });
  compile(['-std=gnu11', '-O2', 'test/kernel/guest/host.c', '-o', host, '-ldl', '-lpthread']);
  const sources = ['test/host/teflon/shim.c', 'delegate/device/facts_option.c', 'delegate/util/error.c'];
  const all = [...sources, ...listOf(repository, 'npu_sources')];
  compile(['-std=c11', '-O2', '-shared', '-fPIC', '-ffp-contract=off', ...all, '-o', shim, '-lm']);
};

interface Machine {
  readonly libraries: string;
  readonly loader: string;
}

const openMachine = (): Machine => {
  if (process.arch !== 'x64') throw new CannotSetUp('tool: it knows x86-64 machines alone');
  if (spawnSync('valgrind', ['--version']).status !== 0) throw new CannotSetUp('tool: no valgrind');
  const stale = staleReason(repository, 'delegate') ?? staleReason(repository, 'engine');
  if (stale !== null) throw new CannotSetUp(stale);
  const sysroot = debianSysroot('x86_64', 'sid', 'amd64', ['libtensorflow-lite2.14.1']);
  if ('why' in sysroot) throw new CannotSetUp(sysroot.why);
  const libraries = join(sysroot.folder, 'usr/lib/x86_64-linux-gnu');
  return { libraries, loader: join(libraries, 'ld-linux-x86-64.so.2') };
};

const counting = ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null'];

/** @returns instructions where they are counted */
const run = (
  { libraries, loader }: Machine,
  model: string,
  delegate: readonly string[],
  invokes: number,
  isCounted: boolean,
): number => {
  const [library = '-', ...options] = delegate;
  const command = [
    ...(isCounted ? counting : []),
    ...[loader, '--library-path', libraries, '--preload', shim, host, 'run'],
    ...[join(libraries, 'libtensorflow-lite.so.2.14.1'), model, library, String(invokes), ...options],
  ];
  const [program = '', ...args] = command;
  const env = { ...process.env, ROCKET_SHIM_IDLE: 'zeros' };
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8', timeout: 300_000 });
  const fell = /^ptfe: .*/m.exec(stderr)?.[0];
  if (status !== 0 || fell !== undefined) throw new Error(`${command.join(' ')}: ${fell ?? stderr}`);
  const [, count] = /I +refs: +([\d,]+)/.exec(stderr) ?? [];
  if (isCounted && count === undefined) throw new Error(`valgrind gives no count: ${stderr}`);
  return Number((count ?? '0').replaceAll(',', ''));
};

const rowsOf = (machine: Machine, name: string, say: Settings['say']): readonly Row[] => {
  const model = modelPath(fileOf(name));
  const bytes = readFileSync(model);
  const scratch = mkdtempSync(join(tmpdir(), 'ptfe-bench-'));
  try {
    const plan = join(scratch, 'model.plan');
    const options = { trust: 'inferred', numerics: numericsOf.tflite_runtime } as const;
    writeFileSync(plan, planFile(readTflite(bytes).graph, compileTflite(bytes, options)));
    const ptfe = [join(repository, 'build/Release/libptfe.so'), 'device=npu'];
    const engine = [`engine=${join(repository, 'dist/engine.mjs')}`, `node=${process.execPath}`];
    const cached = [...ptfe, ...engine, `cache=${join(scratch, 'cache')}`];
    run(machine, model, cached, 1, false); // compiles
    const alone = run(machine, model, [], 0, true);
    const row = (who: string, delegate: readonly string[]): Row => {
      say(`${name}: ${who}`);
      const prepared = run(machine, model, delegate, 0, true);
      const [few, many] = [2, 6].map((invokes) => run(machine, model, delegate, invokes, true));
      const invoke = ((many ?? NaN) - (few ?? NaN)) / 4;
      return { who, figures: { prepare: (prepared - alone) / 1e6, invoke: invoke / 1e6 } };
    };
    return [row('ptfe, cache', cached), row('ptfe, plan file', [...ptfe, `plan=${plan}`])];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const open = ({ say }: Settings): Promise<Measure> => {
  const machine = openMachine();
  build();
  return Promise.resolve((name) => Promise.resolve(rowsOf(machine, name, say)));
};

export const instructions: Part = {
  name: 'instructions',
  title: 'Around the NPU, in instructions',
  text: [
    "valgrind's count for ptfe on this machine's processor, on the device that computes nothing: Prepare with what the process without a delegate needs taken off, and one invoke with its fill of the input and what TFLite's kernels do of nodes that are left. Steady to a few in a thousand, whatever else runs: for changes of ptfe. valgrind's processor has no SHA instructions. libteflon is not to be had for this processor.",
  ],
  each: 'model',
  columns: [
    { key: 'prepare', title: 'Prepare, million' },
    { key: 'invoke', title: 'invoke, million' },
  ],
  ratios: [],
  cases: ['MobileNetV1', 'MobileNetV2', 'SSD MobileNetV1'],
  quickCases: ['MobileNetV1'],
  byHand: ['`valgrind --tool=callgrind` with the same command shows where.'],
  open,
};
