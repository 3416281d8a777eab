/** What `ptfe doctor` and `ptfe selftest` need in a guest: Debian's arm64 Node, ptfe as it is installed, and its addon for arm64. */
import { createRequire } from 'node:module';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sourcesOf, versionDefine } from '../../scripts/sources.mjs';
import { CannotSetUp, runner } from '../host/process.js';
import { repository } from '../host/python.js';
import { debianSysroot } from '../host/sysroot.js';
import { findZig, zigCompile } from '../host/zig.js';
import type { GuestFiles } from './guest.js';
import type { Programs } from './programs.js';

const buildAddon = (output: string): void => {
  const zig = findZig();
  if ('why' in zig) throw new CannotSetUp(zig.why);
  const headers = join(dirname(createRequire(import.meta.url).resolve('emnapi')), 'include/node');
  const flags = ['-std=c11', '-O3', '-fPIC', '-shared', '-fvisibility=hidden', '-ffp-contract=off', '-Wl,-z,undefs'];
  const sources = sourcesOf(repository, 'ptfe_addon').map((path) => join(repository, path));
  const args = [...flags, versionDefine(repository), `-I${headers}`, ...sources, '-lm', '-ldl', '-s', '-o', output];
  const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', args);
  if (failed !== null) throw new Error(`the addon does not compile for aarch64:\n${failed}`);
};

/** @throws CannotSetUp where Node cannot be had until then (Date.now()) */
export const nodeFiles = (programs: Programs, folder: string, until: number): GuestFiles => {
  const sysroot = debianSysroot('aarch64-node', 'sid', 'arm64', ['nodejs'], runner(until));
  if ('why' in sysroot) throw new CannotSetUp(sysroot.why);
  const addon = join(folder, 'ptfe_addon.node');
  buildAddon(addon);
  const dist = readdirSync(join(repository, 'dist')).filter((name) => name.endsWith('.mjs'));
  return {
    sysroot: sysroot.folder,
    folders: {
      bin: [programs.limit, programs.host, join(sysroot.folder, 'usr/bin/node')],
      'usr/share': [join(sysroot.folder, 'usr/share/nodejs')], // of which Debian's Node reads parts of itself
      'ptfe/dist': dist.map((name) => join(repository, 'dist', name)),
      'ptfe/build/Release': [programs.library, addon],
      ptfe: [join(repository, 'package.json')],
    },
  };
};
