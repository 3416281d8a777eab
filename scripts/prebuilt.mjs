// libptfe.so and the addon of the tools, for machines of other people: zig from PyPI compiles for any of these from any
// machine, against old C libraries.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { addonArguments, libraryArguments } from './sources.mjs';
import { findZig } from './zig.mjs';

/** zig's names. glibc 2.28: Debian 10, RHEL 8, and what manylinux wheels of TFLite ask for. */
export const prebuiltTargets = {
  aarch64: 'aarch64-linux-gnu.2.28',
  'aarch64-musl': 'aarch64-linux-musl',
  x86_64: 'x86_64-linux-gnu.2.28',
  'x86_64-musl': 'x86_64-linux-musl',
};

export const prebuiltPath = (root, target, name = 'libptfe.so') => join(root, 'prebuilds', target, name);

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity);

/** When the last one of the sources of native files was changed. */
export const newestOf = (root) =>
  Math.max(
    ...['binding.gyp', 'package.json', 'scripts/sources.mjs', 'scripts/prebuilt.mjs'].map((name) =>
      timeOf(join(root, name)),
    ),
    ...readdirSync(join(root, 'delegate'), { recursive: true }).map((name) => timeOf(join(root, 'delegate', name))),
  );

function make(root, target, name, given) {
  const output = prebuiltPath(root, target, name);
  if (newestOf(root) < timeOf(output)) return { path: output };
  const zig = findZig();
  if ('why' in zig) return zig;
  mkdirSync(dirname(output), { recursive: true });
  // Others may load the library while it is made.
  const made = `${output}.${process.pid}`;
  const args = ['-m', 'ziglang', 'cc', '-target', prebuiltTargets[target], ...given, '-s', '-o', made];
  const { status, stderr } = spawnSync(zig.python, args, { cwd: root, encoding: 'utf8', timeout: 600_000 });
  if (status === 0) renameSync(made, output);
  else rmSync(made, { force: true });
  if (status !== 0) throw new Error(`${name} does not compile for ${target}:\n${stderr}`);
  return { path: output };
}

/** Built when a source is newer. Its path, or why there is no compiler; throws where the sources do not compile. */
export const prebuild = (root, target) => make(root, target, 'libptfe.so', libraryArguments(root));

/** The addon likewise. Node-API is the same for every Node: emnapi's headers declare it, so that Node's own are not needed. */
export function prebuildAddon(root, target) {
  const emnapi = dirname(createRequire(import.meta.url).resolve('emnapi'));
  return make(root, target, 'ptfe_addon.node', addonArguments(root, join(emnapi, 'include/node')));
}
