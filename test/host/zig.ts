import { spawnSync } from 'node:child_process';

import { findZig as find, type NoZig } from '../../scripts/zig.mjs';
import type { Lack } from './skip.js';

export const zigLack = ({ why, lacks }: NoZig): Lack => `${lacks}: ${why}`;

/** zig from PyPI, or why there is none. */
export function findZig(): { readonly python: string } | { readonly why: Lack } {
  const zig = find();
  return 'why' in zig ? { why: zigLack(zig) } : zig;
}

/** @returns null when it was compiled, else what the compiler said */
export function zigCompile(zig: { readonly python: string }, target: string, args: readonly string[]): string | null {
  const command = ['-m', 'ziglang', 'cc', '-target', target, ...args];
  const { status, stderr } = spawnSync(zig.python, command, { encoding: 'utf8', timeout: 300_000 });
  return status === 0 ? null : stderr;
}
