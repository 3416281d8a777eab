import { spawnSync } from 'node:child_process';

export { findZig } from '../../scripts/zig.mjs';

/** @returns null when it was compiled, else what the compiler said */
export function zigCompile(zig: { readonly python: string }, target: string, args: readonly string[]): string | null {
  const command = ['-m', 'ziglang', 'cc', '-target', target, ...args];
  const { status, stderr } = spawnSync(zig.python, command, { encoding: 'utf8', timeout: 300_000 });
  return status === 0 ? null : stderr;
}
