/** What of ptfe is here, and whether it works: each part is started, not looked at. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cli/cache_folder.js';
import type { Addon } from '../cli/installation.js';
import { newestNumerics, numericsOfVersion } from '../graph/numerics.js';
import { absent, failed, type Finding, messageOf, ok } from './finding.js';
import { compileByEngine } from './trial.js';

type Environment = Readonly<Record<string, string | undefined>>;

const leastNode = [20, 19] as const;

const isEnough = (version: string): boolean => {
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
};

const nodeProgram = (environment: Environment): string => {
  const named = environment['PTFE_NODE'] ?? '';
  return named === '' ? 'node' : named;
};

/** The Node that the delegate would start. */
export const nodeFinding = (environment: Environment): Finding => {
  const program = nodeProgram(environment);
  const { status, stdout } = spawnSync(program, ['-p', 'process.versions.node+" "+process.execPath'], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const cure = `PTFE_NODE=${process.execPath}, or plans made elsewhere (ptfe compile)`;
  if (status !== 0) return failed('Node', `${program} does not run`, cure);
  const [version = '', path = ''] = stdout.trim().split(' ');
  return isEnough(version)
    ? ok('Node', `${version}, ${path}`)
    : failed('Node', `${version}, ${path}: older than ${leastNode.join('.')}`, 'a newer Node, named by PTFE_NODE');
};

const pythonProgram = [
  'import importlib.metadata as m, sys',
  'names = ("tflite-runtime", "ai-edge-litert", "ai-edge-litert-nightly", "tensorflow", "tensorflow-cpu")',
  'versions = {d.metadata["Name"].lower().replace("_", "-"): d.version for d in m.distributions() if d.metadata["Name"]}',
  'print("%d.%d.%d" % sys.version_info[:3], sys.executable, *(n + " " + versions[n] for n in names if n in versions), sep="\\n")',
].join('\n');

/** Python, its runtimes, and whose numbers plans have in them: the delegate asks TFLite's kernels as well. */
export const pythonFindings = (environment: Environment): readonly Finding[] => {
  const python = environment['PTFE_PYTHON'] ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', pythonProgram], { encoding: 'utf8', timeout: 20_000 });
  const numerics = (runtimes: readonly string[]): Finding => numericsFinding(environment, runtimes);
  if (status !== 0) return [absent('Python', `${python} does not run`, 'needed by Python programs only'), numerics([])];
  const [version = '', path = '', ...runtimes] = stdout.trim().split('\n');
  const finding =
    runtimes.length === 0
      ? absent('Python', `${version}, ${path}: no TFLite runtime installed in it`, 'pip install ai-edge-litert')
      : ok('Python', `${version}, ${path}: ${runtimes.join(', ')}`);
  return [finding, numerics(runtimes)];
};

/** @param runtimes names and versions */
const numericsFinding = (environment: Environment, runtimes: readonly string[]): Finding => {
  const asked = environment['PTFE_NUMERICS'] ?? 'auto';
  const text =
    asked !== 'auto'
      ? `${asked}, by PTFE_NUMERICS`
      : runtimes.length === 0
        ? `the kernels of the host's TFLite are asked; ${newestNumerics} where they do not tell`
        : runtimes
            .map((runtime) => {
              const [name = '', version = ''] = runtime.split(' ');
              return `${numericsOfVersion(name, version) ?? newestNumerics} by the version of ${runtime}`;
            })
            .join(', ') + ' (verbose=1 says what its kernels answer)';
  return ok('numerics', text);
};

/**
 * Node loads the library as if it were an addon, all symbols at once, in a process of its own; that it then misses an addon's
 * entry point is the sign that it was loaded.
 */
const loadProgram = [
  'try { process.dlopen({ exports: {} }, process.argv[1], require("os").constants.dlopen.RTLD_NOW); }',
  'catch (error) { if (!/did not self-register/.test(error.message)) { console.error(error.message); process.exit(1); } }',
].join('\n');

export const libraryFinding = (library: string): Finding => {
  if (!existsSync(library)) return failed('library', `${library} is not there`, 'npm run build:native');
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', loadProgram, library], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (status === 0) return ok('library', `${library}: loads`);
  const why =
    signal !== null ? `loading it ends in ${signal}` : (stderr.split('\n')[0] ?? '').replace(`${library}: `, '');
  return failed('library', `${library}: ${why}`, `npm run build:native on this machine (${process.arch})`);
};

export interface EngineAnswer {
  readonly finding: Finding;
  readonly plan: Uint8Array | null;
}

export const tryEngine = (engineFile: string, environment: Environment): EngineAnswer => {
  const named = environment['PTFE_ENGINE'] ?? '';
  const engine = named === '' ? engineFile : named;
  if (!existsSync(engine)) {
    const cure = named === '' ? 'npm run build:engine' : 'PTFE_ENGINE names another file';
    return { finding: failed('engine', `${engine} is not there`, cure), plan: null };
  }
  try {
    const started = performance.now();
    const plan = compileByEngine({ node: nodeProgram(environment), engine });
    const took = (performance.now() - started).toFixed(0);
    return { finding: ok('engine', `${engine}: starts and compiles a model of one op in ${took} ms`), plan };
  } catch (error) {
    return { finding: failed('engine', `${engine}: ${messageOf(error)}`, 'npm run build:engine'), plan: null };
  }
};

export interface AddonAnswer {
  readonly finding: Finding;
  readonly addon: Addon | null;
}

export const tryAddon = (load: () => Addon): AddonAnswer => {
  try {
    return { finding: ok('addon', 'loads'), addon: load() };
  } catch (error) {
    const text = `${messageOf(error)}: the delegate does without, tools and this examination do not`;
    return { finding: absent('addon', text, 'npm run build:native'), addon: null };
  }
};

const isWritable = (path: string): boolean => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

export const cacheFinding = (environment: Environment): Finding => {
  const folder = cacheFolder(environment);
  if (folder === null) return absent('cache', 'off by PTFE_CACHE: every start compiles');
  if (!existsSync(folder)) return absent('cache', `${folder}: not made yet`);
  if (!statSync(folder).isDirectory() || !isWritable(folder))
    return absent('cache', `${folder} is no folder that can be written: every start compiles`, 'PTFE_CACHE=FOLDER');
  const { mode, uid } = statSync(folder);
  if (uid !== process.geteuid?.() && uid !== 0)
    return absent('cache', `${folder} belongs to user ${uid}, so it is not used`, 'PTFE_CACHE=FOLDER');
  if ((mode & 0o022) !== 0)
    return absent('cache', `${folder}: others can write to it, so it is not used`, `chmod go-w ${folder}`);
  const sizes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    // Another process may have taken one away meanwhile.
    .flatMap((entry) => statSync(join(folder, entry.name), { throwIfNoEntry: false })?.size ?? []);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return ok('cache', `${folder}: ${sizes.length} files, ${total} bytes`);
};
