/** `npm run replay`: what this tree's compiler makes of every model, against a commit's. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { type ModelRecord, settings, usualSettings } from './compiled.js';
import { compareModels, type Difference, type DifferenceKind, differenceKinds } from './differences.js';
import { type ReplayModel, replayModels } from './models.js';
import type { Job } from './side.js';

const usage = `npm run replay -- --base COMMIT [--models WORD] [--settings NAMES] [--quick] [--texts] [--differences N]

Compiles every model (those of ../shared/models, and the repository's own) with this tree's sources and with those of a
commit, and compares what comes out: command words, addresses, constants, tensors, jobs, host steps; and which node runs
where by which rule. Versions and file formats do not count: each side's plans are read by its own reader.

  --base COMMIT    what is compared with
  --models WORD    only models with WORD in their name
  --settings NAMES of ${Object.keys(settings).join(',')} (default ${usualSettings.join(',')})
  --quick          small and medium models only
  --texts          the words of rules as well, not only their names
  --differences N  how many are printed (default 20)
Exit codes: 0 nothing differs; 1 something does; 2 bad usage, or a side that cannot be compiled with.
`;

const repository = join(import.meta.dirname, '../..');
const cache = join(repository, '.cache/replay');
const keptTrees = 12;
/** Printed of one kind for a model and a setting. */
const mostOfKind = 2;

const shaOf = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
};

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .sort();

/** The same sources have the same records, whichever commit or worktree they are of. */
const treeSha = (folder: string): string =>
  shaOf(...filesOf(folder).flatMap((file) => [file, readFileSync(join(folder, file))]));

/** Records are thrown away when what writes them changes. */
const writerSha = (): string =>
  shaOf(
    ...['compiled.ts', 'compilers.ts', '../../src/explain/plan_text.ts'].map((file) =>
      readFileSync(join(import.meta.dirname, file)),
    ),
  );

const git = (...args: readonly string[]): Buffer =>
  execFileSync('git', [...args], { cwd: repository, maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'pipe'] });

const commitOf = (name: string): string | null => {
  try {
    return git('rev-parse', '--verify', '--quiet', `${name}^{commit}`).toString('utf8').trim();
  } catch {
    return null;
  }
};

/** A commit's sources in the cache; they are complete as soon as they have their name. */
const sourcesOf = (commit: string): string => {
  const folder = join(cache, 'commits', commit);
  if (existsSync(folder)) return join(folder, 'src');
  mkdirSync(join(cache, 'commits'), { recursive: true });
  const draft = mkdtempSync(join(cache, 'draft-'));
  execFileSync('tar', ['-x', '-C', draft], { input: git('archive', commit, 'src', 'package.json', 'tsconfig.json') });
  symlinkSync(join(repository, 'node_modules'), join(draft, 'node_modules'));
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another run was first.
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true });
  }
  return join(folder, 'src');
};

interface Task {
  readonly model: ReplayModel;
  readonly setting: string;
  readonly sha: string;
  readonly file: string;
}

const tasksOf = (models: readonly ReplayModel[], names: readonly string[]): readonly Task[] => {
  const folder = join(cache, 'models');
  mkdirSync(folder, { recursive: true });
  return models.flatMap((model) => {
    const bytes = model.bytes();
    const sha = shaOf(bytes);
    const file = join(folder, `${sha}.tflite`);
    if (!existsSync(file)) {
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, bytes);
      renameSync(draft, file);
    }
    return names.map((setting) => ({ model, setting, sha, file }));
  });
};

interface Side {
  readonly src: string;
  readonly records: string;
}

const sideOf = (src: string, writer: string): Side => {
  const records = join(cache, 'records', `${treeSha(src)}-${writer}`);
  mkdirSync(records, { recursive: true });
  utimesSync(records, new Date(), new Date());
  return { src, records };
};

const recordFile = ({ records }: Side, { sha, setting }: Task): string => join(records, `${sha}-${setting}.json.gz`);

const run = (src: string, list: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const script = join(import.meta.dirname, 'side.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, src, list], {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the compiler of ${src} failed`))));
  });

/** Compiles what has no record yet: a process a side, or two where one side has all. */
const compileMissing = async (sides: readonly Side[], tasks: readonly Task[]): Promise<void> => {
  const missing = sides.map((side) => tasks.filter((task) => !existsSync(recordFile(side, task))));
  const shares = missing.filter((list) => list.length > 0).length > 1 ? 1 : 2;
  const folder = mkdtempSync(join(cache, 'jobs-'));
  const all = Promise.all(
    sides.flatMap((side, i) =>
      Array.from({ length: shares }, async (_, share) => {
        const own = (missing[i] ?? []).filter((_task, position) => position % shares === share);
        if (own.length === 0) return;
        const list = join(folder, `${i}-${share}.json`);
        const jobs = own.map((task): Job => ({
          model: task.file,
          setting: task.setting,
          record: recordFile(side, task),
        }));
        writeFileSync(list, JSON.stringify(jobs));
        await run(side.src, list);
      }),
    ),
  );
  await all.finally(() => rmSync(folder, { recursive: true }));
};

/** Records of trees that were not asked for lately. */
const prune = (): void => {
  const folder = join(cache, 'records');
  const byAge = readdirSync(folder)
    .map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { path } of byAge.slice(keptTrees)) rmSync(path, { recursive: true, force: true });
};

const readRecord = (file: string): ModelRecord =>
  JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as ModelRecord;

const print = (task: Task, { kind, where, lines }: Difference): void => {
  console.log(`${task.model.name} ${task.setting}, ${kind}: ${where}`);
  for (const line of lines.slice(0, 12)) console.log(`    ${line}`);
  if (lines.length > 12) console.log(`    and ${lines.length - 12} lines more`);
};

const compare = (base: Side, now: Side, tasks: readonly Task[], texts: boolean, most: number): boolean => {
  const counts = new Map<DifferenceKind, number>();
  let [plans, differing, noted, nodes, printed, hidden] = [0, 0, 0, 0, 0, 0];
  for (const task of tasks) {
    const [before, after] = [readRecord(recordFile(base, task)), readRecord(recordFile(now, task))];
    const compared = compareModels(before, after);
    plans += compared.plans;
    differing += compared.differing;
    noted += compared.noted;
    nodes += after.nodes.length;
    const own = new Map<DifferenceKind, number>();
    for (const difference of compared.differences) {
      const { kind } = difference;
      const before = own.get(kind) ?? 0;
      own.set(kind, before + 1);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (kind === 'texts' && !texts) continue;
      // A moved constant moves all that follow: some of each kind tell more than all of one.
      if (before >= mostOfKind || printed >= most) {
        hidden++;
        continue;
      }
      printed++;
      print(task, difference);
    }
  }
  if (hidden > 0) console.log(`and ${hidden} more (--differences N prints N, ${mostOfKind} of a kind for a model)`);
  const of = (kind: DifferenceKind): number => counts.get(kind) ?? 0;
  const byKind = differenceKinds.filter((kind) => of(kind) > 0).map((kind) => `${kind} ${of(kind)}`);
  if (byKind.length > 0) console.log(`differences: ${byKind.join(', ')}`);
  console.log(`${nodes} verdicts compared, ${of('verdicts')} differ; ${of('texts')} other texts`);
  console.log(
    `${plans} plans compared, ${differing} differ${noted > 0 ? `, ${noted} in names or estimates only` : ''}`,
  );
  return differing === 0 && noted === 0 && of('verdicts') === 0 && (!texts || of('texts') === 0);
};

const stop = (text: string): number => {
  console.error(`replay: ${text} (npm run replay -- --help)`);
  return 2;
};

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      base: { type: 'string' },
      models: { type: 'string', default: '' },
      settings: { type: 'string', default: usualSettings.join() },
      quick: { type: 'boolean', default: false },
      texts: { type: 'boolean', default: false },
      differences: { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (values.base === undefined) return stop('no --base COMMIT');
  const names = values.settings.split(',');
  const unknown = names.find((name) => settings[name] === undefined);
  if (unknown !== undefined) return stop(`no setting ${unknown}`);
  const wanted = replayModels().filter(({ name, quick }) => name.includes(values.models) && (quick || !values.quick));
  if (wanted.length === 0) return stop(`no model has ${values.models} in its name`);
  const commit = commitOf(values.base);
  if (commit === null) return stop(`no commit ${values.base}`);
  const writer = writerSha();
  const [base, now] = [sideOf(sourcesOf(commit), writer), sideOf(join(repository, 'src'), writer)];
  const tasks = tasksOf(wanted, names);
  await compileMissing(base.records === now.records ? [base] : [base, now], tasks);
  prune();
  const same = base.records === now.records ? ', whose src/ is the same' : '';
  console.log(`${wanted.length} models, settings ${names.join(', ')}, against ${commit.slice(0, 12)}${same}`);
  return compare(base, now, tasks, values.texts, Number(values.differences)) ? 0 : 1;
};

process.exitCode = await main().catch((error: unknown) => stop(error instanceof Error ? error.message : String(error)));
