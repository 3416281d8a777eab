import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './python.js';

/** zig from PyPI in a private environment: a C compiler for other processors, without root. */
export type Zig = { readonly python: string } | { readonly why: string };

const version = 'ziglang==0.17.1';

export function findZig(): Zig {
  const folder = join(repository, '.cache/python/zig');
  const python = join(folder, 'bin/python');
  const works = (): boolean => spawnSync(python, ['-m', 'ziglang', 'version']).status === 0;
  if (existsSync(python) && works()) return { python };
  rmSync(folder, { recursive: true, force: true });
  const base = process.env['PTFE_PYTHON'] ?? 'python3';
  if (spawnSync(base, ['-m', 'venv', folder]).status !== 0) return { why: `${base} -m venv fails` };
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
  return works() ? { python } : { why: `pip cannot install ${version}` };
}

/** @returns null when it was compiled, else what the compiler said */
export function zigCompile(zig: { readonly python: string }, target: string, args: readonly string[]): string | null {
  const command = ['-m', 'ziglang', 'cc', '-target', target, ...args];
  const { status, stderr } = spawnSync(zig.python, command, { encoding: 'utf8', timeout: 300_000 });
  return status === 0 ? null : stderr;
}
