import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numerics } from '../../src/graph/numerics.js';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

/**
 * Private Python environments with the two TFLite runtimes. They are made once under `.cache/python/` and found again
 * by a stamp; where one cannot be made, the reason is data, and tests skip with it.
 */
export type Runtime = 'tflite_runtime' | 'ai_edge_litert' | 'litert_nightly';

export type PythonEnvironment =
  | { readonly available: true; readonly runtime: Runtime; readonly python: string }
  | { readonly available: false; readonly runtime: Runtime; readonly reason: Lack };

/** Those that hosts have. */
export const runtimes: readonly Runtime[] = ['tflite_runtime', 'ai_edge_litert'];

/** Of which release each one's numbers are. */
export const numericsOf: Readonly<Record<Runtime, Numerics>> = {
  tflite_runtime: 'tflite-2.14',
  ai_edge_litert: 'litert-2.3',
  litert_nightly: 'litert-2.4',
};

const requirements: Readonly<Record<Runtime, readonly string[]>> = {
  tflite_runtime: ['tflite_runtime==2.14.0', 'numpy<2', 'pillow'],
  ai_edge_litert: ['ai-edge-litert==2.3.0', 'pillow'],
  litert_nightly: ['ai-edge-litert-nightly==2.4.0.dev20261026', 'pillow'],
};

export { repository };
const found = new Map<Runtime, PythonEnvironment>();

/** The environment of a runtime, made on the first call. `PTFE_PYTHON` names another Python 3 to start from. */
export function pythonEnvironment(runtime: Runtime): PythonEnvironment {
  const known = found.get(runtime);
  if (known !== undefined) return known;
  const environment = findOrMake(runtime);
  found.set(runtime, environment);
  return environment;
}

/** The first runtime that is there: for tests that need TFLite, no matter which. */
export function anyPythonEnvironment(): PythonEnvironment {
  const first = pythonEnvironment('tflite_runtime');
  return first.available ? first : pythonEnvironment('ai_edge_litert');
}

function findOrMake(runtime: Runtime): PythonEnvironment {
  const unavailable = (reason: Lack): PythonEnvironment => ({ available: false, runtime, reason });
  const base = process.env['PTFE_PYTHON'] ?? 'python3';
  const version = run(base, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3], sys.executable)'], 20);
  if (!version.ok) return unavailable(`tool: no Python 3 (${base}: ${version.text})`);
  const folder = join(repository, '.cache/python', runtime);
  const python = join(folder, 'bin/python');
  const stampFile = join(folder, 'ptfe-stamp');
  const stamp = JSON.stringify({ python: version.text, requirements: requirements[runtime] });
  if (existsSync(stampFile) && existsSync(python) && readFileSync(stampFile, 'utf8') === stamp) {
    return { available: true, runtime, python };
  }
  process.stderr.write(`making a Python environment with ${runtime} (once) ...\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Debian's python3 without python3-venv has no ensurepip: then the pip of the system installs into the environment.
  const made = run(base, ['-m', 'venv', folder], 120);
  const ownPip = made.ok;
  if (!ownPip) {
    const bare = run(base, ['-m', 'venv', '--clear', '--without-pip', folder], 60);
    if (!bare.ok) return unavailable(`tool: python3 -m venv fails: ${bare.text}`);
  }
  const pip = ownPip ? [python, '-m', 'pip'] : [base, '-m', 'pip', '--python', python];
  const flags = ['--disable-pip-version-check', '--no-input', '--quiet', '--retries', '2', '--timeout', '20'];
  const [command = python, ...rest] = pip;
  const wheels = ['install', ...flags, '--only-binary', ':all:', ...requirements[runtime]];
  const installed = run(command, [...rest, ...wheels], 900);
  if (!installed.ok)
    return unavailable(`network: pip cannot install ${requirements[runtime].join(' ')}: ${installed.text}`);
  const module = runtime === 'tflite_runtime' ? 'tflite_runtime.interpreter' : 'ai_edge_litert.interpreter';
  const loads = run(python, ['-c', `import ${module}, PIL`], 120);
  if (!loads.ok) return unavailable(`tool: ${module} does not load: ${loads.text}`);
  writeFileSync(stampFile, stamp);
  return { available: true, runtime, python };
}

/** Runs a command; the text is its output, or on failure the last line that says why. */
function run(
  command: string,
  args: readonly string[],
  seconds: number,
): { readonly ok: boolean; readonly text: string } {
  const done = spawnSync(command, args, { encoding: 'utf8', timeout: seconds * 1000 });
  if (done.error !== undefined) return { ok: false, text: done.error.message };
  if (done.status === 0) return { ok: true, text: done.stdout.trim() };
  const lines = `${done.stdout}\n${done.stderr}`.trim().split('\n');
  const telling = lines.filter((line) => /error/i.test(line));
  return { ok: false, text: (telling[0] ?? lines.at(-1) ?? `exit status ${done.status}`).trim() };
}
