// libptfe.so as boards get it: zig from PyPI compiles for any of these from any machine, against old C libraries.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { libraryArguments } from './sources.mjs';
import { findZig } from './zig.mjs';

/** zig's names. glibc 2.28: Debian 10, RHEL 8, and what manylinux wheels of TFLite ask for. */
export const prebuiltTargets = {
  aarch64: 'aarch64-linux-gnu.2.28',
  'aarch64-musl': 'aarch64-linux-musl',
  x86_64: 'x86_64-linux-gnu.2.28',
  'x86_64-musl': 'x86_64-linux-musl',
};

export const prebuiltPath = (root, target) => join(root, 'prebuilds', target, 'libptfe.so');

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity);

const newestOf = (root) =>
  Math.max(
    ...['binding.gyp', 'package.json', 'scripts/sources.mjs', 'scripts/prebuilt.mjs'].map((name) =>
      timeOf(join(root, name)),
    ),
    ...readdirSync(join(root, 'delegate'), { recursive: true }).map((name) => timeOf(join(root, 'delegate', name))),
  );

/** Built when a source is newer. Its path, or why there is no compiler; throws where the sources do not compile. */
export function prebuild(root, target) {
  const output = prebuiltPath(root, target);
  if (newestOf(root) < timeOf(output)) return { path: output };
  const zig = findZig();
  if ('why' in zig) return zig;
  mkdirSync(dirname(output), { recursive: true });
  // Others may load the library while it is made.
  const made = `${output}.${process.pid}`;
  const args = ['-m', 'ziglang', 'cc', '-target', prebuiltTargets[target], ...libraryArguments(root), '-s', '-o', made];
  const { status, stderr } = spawnSync(zig.python, args, { cwd: root, encoding: 'utf8', timeout: 600_000 });
  if (status === 0) renameSync(made, output);
  else rmSync(made, { force: true });
  if (status !== 0) throw new Error(`libptfe.so does not compile for ${target}:\n${stderr}`);
  return { path: output };
}
