/** A test program for aarch64, and the command that runs it under qemu on Debian's libraries. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './repository.js';
import type { Lack } from './skip.js';
import { debianSysroot } from './sysroot.js';
import { findQemu } from './teflon.js';
import { findZig, zigCompile } from './zig.js';

export type Aarch64Program = { readonly command: readonly [string, ...string[]] } | { readonly why: Lack };

export function aarch64Program(name: string, units: readonly string[]): Aarch64Program {
  const qemu = findQemu();
  if (typeof qemu !== 'string') return qemu;
  const zig = findZig();
  if ('why' in zig) return zig;
  const sysroot = debianSysroot('aarch64', 'sid', 'arm64', ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate']);
  if ('why' in sysroot) return sysroot;
  const libraries = join(sysroot.folder, 'usr/lib/aarch64-linux-gnu');
  const folder = join(repository, 'build/test-native');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}-aarch64`);
  const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', ['-std=c11', '-O2', ...units, '-o', path]);
  if (failed !== null) throw new Error(`${name} does not compile:\n${failed}`);
  return { command: [qemu, join(libraries, 'ld-linux-aarch64.so.1'), '--library-path', libraries, path] };
}
