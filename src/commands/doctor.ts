/** `ptfe doctor`: what of ptfe is here and works on this machine, and which options exist. */
import { accessSync, closeSync, constants, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { engineVersion } from '../version.js';
import { badUsage, readArguments } from './arguments.js';
import { addonFile, engineFile, libraryFile, loadAddon } from './installation.js';
import { delegateOptions, variableOf } from './delegate_options.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe doctor [--json]

Says what of ptfe is here and works: Node, Python and its TFLite runtimes, the delegate's library, the engine, the
addon, the device file, the cache folder; and lists the options with the values that are set.

  --json  the answer as JSON
Exit codes: 0 the delegate can run; 1 something that it needs is missing; 2 bad usage.
`;

interface Finding {
  readonly what: string;
  /** missing: the delegate cannot run without it. absent: it can. */
  readonly state: 'ok' | 'absent' | 'missing';
  readonly text: string;
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';

const leastNode = [20, 19] as const;

const nodeFinding = (): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  const text = `${process.versions.node}, ${process.execPath}`;
  return {
    what: 'Node',
    state: enough ? 'ok' : 'missing',
    text: enough ? text : `${text}: older than ${leastNode.join('.')}`,
  };
};

const pythonProgram = [
  'import importlib.util as u, sys',
  'names = [n for n in ("tflite_runtime", "ai_edge_litert", "tensorflow") if u.find_spec(n)]',
  'print("%d.%d.%d" % sys.version_info[:3], sys.executable, *names, sep="\\n")',
].join('\n');

const pythonFinding = (): Finding => {
  const python = process.env['PTFE_PYTHON'] ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', pythonProgram], { encoding: 'utf8', timeout: 20_000 });
  if (status !== 0) return { what: 'Python', state: 'absent', text: `${python} does not run` };
  const [version = '', path = '', ...runtimes] = stdout.trim().split('\n');
  const found = runtimes.length === 0 ? 'no TFLite runtime installed in it' : runtimes.join(', ');
  return { what: 'Python', state: 'ok', text: `${version}, ${path}: ${found}` };
};

/** ELF's number of the machine, for the architectures that ptfe is built for. */
const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

const machineOf = (path: string): number | null => {
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  try {
    const got = readSync(file, header, 0, header.length, 0);
    return got === header.length && header.toString('latin1', 1, 4) === 'ELF' ? header.readUInt16LE(18) : null;
  } finally {
    closeSync(file);
  }
};

const libraryFinding = (): Finding => {
  if (!existsSync(libraryFile))
    return { what: 'library', state: 'missing', text: `${libraryFile} is not there (npm run build)` };
  const machine = machineOf(libraryFile);
  return machine !== null && machine === machines[process.arch]
    ? { what: 'library', state: 'ok', text: libraryFile }
    : { what: 'library', state: 'missing', text: `${libraryFile} is not built for ${process.arch}` };
};

const engineFinding = (): Finding => {
  const path = process.env['PTFE_ENGINE'] ?? engineFile;
  return existsSync(path)
    ? { what: 'engine', state: 'ok', text: path }
    : { what: 'engine', state: 'missing', text: `${path} is not there (npm run build:engine)` };
};

const addonFinding = (): Finding => {
  if (!existsSync(addonFile))
    return { what: 'addon', state: 'absent', text: `${addonFile} is not there: for tools and tests only` };
  try {
    loadAddon();
    return { what: 'addon', state: 'ok', text: addonFile };
  } catch (error) {
    return { what: 'addon', state: 'absent', text: messageOf(error) };
  }
};

const accelFolder = '/dev/accel';

const deviceFinding = (): Finding => {
  const files = existsSync(accelFolder) ? readdirSync(accelFolder) : [];
  if (files.length === 0)
    return { what: 'device', state: 'absent', text: `no ${accelFolder}/accel*: plans run on the software NPU` };
  const open = files.filter((file) => isWritable(join(accelFolder, file)));
  const text =
    open.length === 0
      ? `${files.join(', ')}: no permission (group render?)`
      : `${open.map((file) => join(accelFolder, file)).join(', ')}: not opened by this version, plans run on the software NPU`;
  return { what: 'device', state: 'absent', text };
};

const isWritable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

const cacheFinding = (): Finding => {
  const wanted = process.env['PTFE_CACHE'] ?? '';
  if (wanted === 'off') return { what: 'cache', state: 'absent', text: 'off by PTFE_CACHE: every start compiles' };
  const base = process.env['XDG_CACHE_HOME'] ?? '';
  const folder = wanted !== '' ? wanted : join(base !== '' ? base : join(homedir(), '.cache'), 'ptfe');
  if (!existsSync(folder)) return { what: 'cache', state: 'absent', text: `${folder}: not made yet` };
  if (!statSync(folder).isDirectory() || !isWritable(folder))
    return { what: 'cache', state: 'absent', text: `${folder} is no folder that can be written` };
  const sizes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(folder, entry.name), { throwIfNoEntry: false })?.size ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { what: 'cache', state: 'ok', text: `${folder}: ${sizes.length} files, ${total} bytes` };
};

interface OptionRow {
  readonly option: string;
  readonly variable: string;
  readonly allowed: string;
  readonly initial: string;
  readonly set: string | null;
  readonly text: string;
}

const optionRows = (): readonly OptionRow[] =>
  delegateOptions.map((option) => ({
    option: option.name,
    variable: variableOf(option),
    allowed: option.allowed,
    initial: option.initial,
    set: process.env[variableOf(option)] ?? null,
    text: option.text,
  }));

const optionCells = ({ option, variable, allowed, initial, set, text }: OptionRow): readonly string[] => {
  const value = set !== null ? `set to ${set}` : initial === '' ? '' : `default ${initial}`;
  return [option, variable, allowed, value, text];
};

/** Columns as wide as their widest cell. */
const tableLines = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' ')}`.trimEnd());
};

export const doctorCommand: Subcommand = {
  name: 'doctor',
  summary: 'what of ptfe is here and works, and which options exist',
  usage,
  run: (args, terminal) => {
    const { flags, positionals } = readArguments('doctor', args, { json: { type: 'boolean' } });
    if (positionals.length > 0) throw badUsage('doctor', 'it takes no file');
    const findings = [
      nodeFinding(),
      pythonFinding(),
      libraryFinding(),
      engineFinding(),
      addonFinding(),
      deviceFinding(),
      cacheFinding(),
    ];
    const options = optionRows();
    const works = findings.every(({ state }) => state !== 'missing');
    if (flags.has('json')) printJson(terminal, { version: engineVersion, works, findings, options });
    else {
      terminal.out(`ptfe ${engineVersion}\n`);
      const found = findings.map(({ what, state, text }) => [what, state, text]);
      for (const line of tableLines(found)) terminal.out(`${line}\n`);
      terminal.out('options of load_delegate, or the environment:\n');
      for (const line of tableLines(options.map(optionCells))) terminal.out(`${line}\n`);
    }
    return works ? 0 : 1;
  },
};
