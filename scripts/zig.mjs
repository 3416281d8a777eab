// zig from PyPI in a private environment: a C compiler for other processors, without root.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = 'ziglang==0.17.1';
export const zigFolder = join(resolve(fileURLToPath(new URL('..', import.meta.url))), '.cache/python/zig');

export function findZig() {
  const python = join(zigFolder, 'bin/python');
  const works = () => spawnSync(python, ['-m', 'ziglang', 'version']).status === 0;
  if (existsSync(python) && works()) return { python };
  rmSync(zigFolder, { recursive: true, force: true });
  const base = process.env.PTFE_PYTHON ?? 'python3';
  if (spawnSync(base, ['-m', 'venv', zigFolder]).status !== 0) return { why: `${base} -m venv fails`, lacks: 'tool' };
  const flags = [
    '--disable-pip-version-check',
    '--quiet',
    '--retries',
    '1',
    '--timeout',
    '20',
    '--only-binary',
    ':all:',
  ];
  spawnSync(python, ['-m', 'pip', 'install', ...flags, version], { timeout: 300_000 });
  return works() ? { python } : { why: `pip cannot install ${version}`, lacks: 'network' };
}
