/** `ptfe cache`: the delegate's cache of plans, for people: what is in it, filling it before a first start, emptying it. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { PtfeError } from '../error.js';
import { readPlan } from '../plan/read.js';
import { badUsage, type CommandOptions, readArguments } from './arguments.js';
import { cacheEntries, type CacheEntry, cacheFiles, cacheFolder } from './cache_folder.js';
import { readBytes } from './files.js';
import { libraryFile } from './installation.js';
import { plansOfFile } from './plan_file.js';
import { findPython } from './python.js';
import { printJson, type Subcommand, type Terminal } from './subcommand.js';

const usage = `ptfe cache list [--json]
ptfe cache warm MODEL... [--python PYTHON] [--json]
ptfe cache clear [--json]

The folder where the delegate keeps compiled plans: PTFE_CACHE, else $XDG_CACHE_HOME/ptfe, else ~/.cache/ptfe.

  list   what is in it, the plans used last first
  warm   loads each model once in TFLite with the delegate, as a program would, so that later starts find its plans and need no
         Node; the PTFE_* variables must be the program's, as plans depend on them
  clear  deletes plans, and what the delegate remembers of files; programs that run go on with theirs

  --python PYTHON  a Python with ai-edge-litert, tensorflow or tflite_runtime: the program's (default PTFE_PYTHON, else as for
                   ptfe compare)
  --json           the answer as JSON
Exit codes: 0 done; 1 the NPU takes nothing of a model; 2 usage or input error.
`;

interface Described {
  readonly parts: number;
  readonly ops: number;
  readonly tasks: number;
}

/** Null where the file is damaged, or of another version of ptfe. */
const describe = ({ path }: CacheEntry): Described | null => {
  try {
    const plans = plansOfFile(readBytes(path)).map((plan) => readPlan(plan));
    const sum = (of: (plan: (typeof plans)[number]) => number): number =>
      plans.reduce((total, plan) => total + of(plan), 0);
    return { parts: plans.length, ops: sum((plan) => plan.ops.length), tasks: sum((plan) => plan.tasks.length) };
  } catch (error) {
    if (error instanceof PtfeError) return null;
    throw error;
  }
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const folderOf = (): string => {
  const folder = cacheFolder(process.env);
  if (folder === null) throw badUsage('cache', 'PTFE_CACHE=off: there is no cache');
  return resolve(folder);
};

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

const entriesOf = (folder: string): readonly CacheEntry[] => (isFolder(folder) ? cacheEntries(folder) : []);

const shownDigits = 12;

const entryLine = (entry: CacheEntry): string => {
  const described = describe(entry);
  const what =
    described === null
      ? 'damaged, or of another version'
      : [counted(described.parts, 'part'), counted(described.ops, 'op'), counted(described.tasks, 'task')].join(', ');
  const bytes = String(entry.bytes).padStart(9);
  return `  ${entry.name.slice(0, shownDigits)}  ${bytes} bytes  ${entry.used.toISOString().slice(0, 10)}  ${what}\n`;
};

const list = (terminal: Terminal, json: boolean): 0 => {
  const folder = folderOf();
  const entries = entriesOf(folder);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (json) {
    const rows = entries.map((entry) => ({ ...entry, used: entry.used.toISOString(), plans: describe(entry) }));
    printJson(terminal, { folder, bytes, entries: rows });
  } else {
    terminal.out(`${folder}: ${counted(entries.length, 'plan')}, ${bytes} bytes\n`);
    for (const entry of entries) terminal.out(entryLine(entry));
  }
  return 0;
};

/** Others tidy the folder too: what is gone already is no fault. */
const remove = (path: string): void => {
  try {
    unlinkSync(path);
  } catch (error) {
    if (existsSync(path)) throw new PtfeError('no-file', path, error instanceof Error ? error.message : String(error));
  }
};

const clear = (terminal: Terminal, json: boolean): 0 => {
  const folder = folderOf();
  const plans = entriesOf(folder).length;
  for (const path of isFolder(folder) ? cacheFiles(folder) : []) remove(path);
  if (json) printJson(terminal, { folder, deleted: plans });
  else terminal.out(`${folder}: ${counted(plans, 'plan')} deleted\n`);
  return 0;
};

/** What a program does with a model; the values do not matter, nor does what computes. */
const program = `
import importlib, sys
for name in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite.python.interpreter"):
    try:
        tflite = importlib.import_module(name)
        break
    except ImportError:
        continue
else:
    sys.exit("no TFLite runtime is installed in this Python (pip install ai-edge-litert)")
delegate = tflite.load_delegate(sys.argv[1], {"device": "software", "verbose": "1"})
tflite.Interpreter(sys.argv[2], experimental_delegates=[delegate]).allocate_tensors()
`;

interface Warmed {
  readonly model: string;
  readonly nodes: number;
  readonly of: number;
  readonly parts: number;
  /** What the delegate said, where it took nothing. */
  readonly reason: string;
}

const summary = /^ptfe: (\d+) of (\d+) nodes on the NPU in (\d+) partition/m;

const warmOne = (python: string, model: string): Warmed => {
  readBytes(model); // says what is wrong with the name, better than Python would
  const { status, stdout, stderr, error } = spawnSync(python, ['-c', program, libraryFile, resolve(model)], {
    encoding: 'utf8',
  });
  if (error !== undefined) throw new PtfeError('no-file', python, error.message, 'name a Python with --python');
  const said = `${stderr}${stdout}`;
  const last = said.trim().split('\n').at(-1) ?? '';
  if (status !== 0) throw new PtfeError('bad-model', model, last);
  const [, nodes, of, parts] = summary.exec(said) ?? [];
  if (nodes !== undefined) return { model, nodes: Number(nodes), of: Number(of), parts: Number(parts), reason: '' };
  const reason = /^ptfe: (.*(?:falling back to CPU|no int8|no node).*)$/m.exec(said)?.[1] ?? last;
  return { model, nodes: 0, of: 0, parts: 0, reason };
};

const warm = (terminal: Terminal, models: readonly string[], python: string, json: boolean): 0 | 1 => {
  if (models.length === 0) throw badUsage('cache', 'warm: no model given');
  const folder = folderOf();
  const warmed = models.map((model) => warmOne(python, model));
  if (json) printJson(terminal, { folder, models: warmed, plans: entriesOf(folder).length });
  else {
    for (const { model, nodes, of, parts, reason } of warmed)
      terminal.out(
        nodes === 0
          ? `${model}: nothing for the NPU: ${reason}\n`
          : `${model}: ${nodes} of ${of} nodes, ${counted(parts, 'part')}\n`,
      );
    terminal.out(`${folder}: ${counted(entriesOf(folder).length, 'plan')}\n`);
  }
  return warmed.every(({ nodes }) => nodes > 0) ? 0 : 1;
};

const taken = { python: { type: 'string' }, json: { type: 'boolean' } } as const satisfies CommandOptions;

export const cacheCommand: Subcommand = {
  name: 'cache',
  summary: 'plans that the delegate keeps: list, warm, clear',
  usage,
  options: taken,
  topics: ['list', 'warm', 'clear'],
  run: (args, terminal) => {
    const { flags, values, positionals } = readArguments('cache', args, taken);
    const [action, ...models] = positionals;
    const json = flags.has('json');
    if (action === 'warm') return warm(terminal, models, findPython(values['python'], process.env), json);
    if (action !== 'list' && action !== 'clear')
      throw badUsage(
        'cache',
        action === undefined ? 'list, warm or clear?' : `"${action}" is none of list, warm, clear`,
      );
    if (models.length > 0) throw badUsage('cache', `${action} takes no file`);
    return action === 'list' ? list(terminal, json) : clear(terminal, json);
  },
};
