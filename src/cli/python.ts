/** A Python that has TFLite: the one that is named, or the first one that is found. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PtfeError } from '../error.js';
import { packageFile } from './installation.js';

const runtimes = ['ai_edge_litert', 'tflite_runtime', 'tensorflow'];
const longest = 20_000;

const asks = `import importlib.util as u, sys
sys.exit(0 if u.find_spec("numpy") and any(u.find_spec(n) for n in ${JSON.stringify(runtimes)}) else 3)`;

const hasTflite = (python: string): boolean => spawnSync(python, ['-c', asks], { timeout: longest }).status === 0;

const candidates = (environment: NodeJS.ProcessEnv): readonly string[] => {
  const inside = (folder: string): string => join(folder, 'bin/python');
  const active = environment['VIRTUAL_ENV'];
  const own = ['demo', ...runtimes].map((name) => inside(packageFile(`.cache/python/${name}`)));
  const folders = [...(active === undefined ? [] : [inside(active)]), inside('.venv'), inside('venv')];
  return [...folders.filter(existsSync), 'python3', 'python', ...own.filter(existsSync)];
};

/** @param given `--python`; it is taken as it is, like PTFE_PYTHON @throws PtfeError `no-file` that says how to get one */
export const findPython = (given: string | undefined, environment: NodeJS.ProcessEnv): string => {
  const named = given ?? environment['PTFE_PYTHON'];
  if (named !== undefined) return named;
  const tried = candidates(environment);
  const found = tried.find(hasTflite);
  if (found !== undefined) return found;
  throw new PtfeError(
    'no-file',
    'Python',
    `none of ${tried.join(', ')} has TFLite and numpy`,
    'python3 -m venv .venv && .venv/bin/pip install ai-edge-litert numpy pillow; or name one with --python',
  );
};
