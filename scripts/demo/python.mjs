// The private Python environment of the demo and the benchmarks, under .cache/python/: made once, found by its stamp.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepError, run, step } from './progress.mjs';

const tfliteRuntime = { runtime: 'tflite_runtime', packages: ['tflite_runtime==2.14.0', 'numpy<2', 'pillow'] };
const aiEdgeLitert = { runtime: 'ai_edge_litert', packages: ['ai-edge-litert==2.3.0', 'pillow'] };

/** The Python 3 to start from: `PTFE_PYTHON`, else python3. */
export async function findPython() {
  const command = process.env['PTFE_PYTHON'] ?? 'python3';
  const program = 'import sys, platform; print(*sys.version_info[:2], platform.machine(), sys.executable)';
  const found = await run(command, ['-c', program]);
  const remedy = 'install Python 3.9 or later (Debian: apt install python3 python3-venv), or name one in PTFE_PYTHON';
  if (!found.ok) throw new StepError(`no Python 3 (${command}): ${remedy}`);
  const [major, minor, machine, executable] = found.stdout.trim().split(' ');
  if (Number(major) !== 3 || Number(minor) < 9) throw new StepError(`Python ${major}.${minor} is too old: ${remedy}`);
  return { command, minor: Number(minor), machine, executable };
}

/** Which runtimes to try, in order. tflite_runtime 2.14.0 has wheels up to Python 3.11. */
const hasTfliteWheel = ({ minor, machine }) => minor <= 11 && ['x86_64', 'aarch64'].includes(machine);
export const tfliteFirst = (base) => (hasTfliteWheel(base) ? [tfliteRuntime, aiEdgeLitert] : [aiEdgeLitert]);
export const litertFirst = (base) => tfliteFirst(base).toReversed();

/** A private environment with the first TFLite runtime that can be had. */
export async function pythonEnvironment(root, { folder: name = 'demo', candidates: order = tfliteFirst } = {}) {
  const base = await findPython();
  const candidates = order(base);
  const folder = join(root, '.cache/python', name);
  const python = join(folder, 'bin/python');
  const stampFile = join(folder, 'ptfe-stamp');
  for (const { runtime, packages } of candidates) {
    const stamp = JSON.stringify({ base, packages });
    if (existsSync(python) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
      return { python, runtime };
    }
  }
  const pip = await makeEnvironment(base, folder, python);
  const failures = [];
  for (const { runtime, packages } of candidates) {
    const flags = ['--disable-pip-version-check', '--no-input', '--only-binary', ':all:'];
    try {
      await step(`installing ${packages.join(', ')}`, pip[0], [...pip.slice(1), 'install', ...flags, ...packages]);
      await step(`loading ${runtime}`, python, ['-c', `import ${runtime}.interpreter, numpy, PIL`]);
    } catch (error) {
      failures.push(error.message);
      continue;
    }
    writeFileSync(stampFile, JSON.stringify({ base, packages }));
    return { python, runtime };
  }
  throw new StepError(
    `${failures.join('\n')}\n  check the network and pip's configuration; Python 3.10 or 3.11 is safest`,
  );
}

/** Makes the bare environment; the command of a pip that installs into it. */
async function makeEnvironment(base, folder, python) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const whole = await run(base.command, ['-m', 'venv', folder]);
  if (whole.ok) return [python, '-m', 'pip'];
  // Debian's python3 without python3-venv has no ensurepip: then the system's pip installs into the environment.
  const systemPip = await run(base.command, ['-m', 'pip', '--version']);
  const bare = systemPip.ok && (await run(base.command, ['-m', 'venv', '--clear', '--without-pip', folder])).ok;
  if (bare) return [base.command, '-m', 'pip', '--python', python];
  throw new StepError(
    `${base.command} -m venv does not work (no ensurepip and no pip): apt install python3-venv, or name another in PTFE_PYTHON`,
  );
}
