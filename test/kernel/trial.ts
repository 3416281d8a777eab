import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { debianSysroot } from '../host/sysroot.js';
import { repository } from '../host/python.js';
import { findZig, zigCompile } from '../host/zig.js';
import { setUpBed } from './bed.js';
import { bootGuest } from './guest.js';
const bed = setUpBed();
const sysroot = debianSysroot('aarch64', 'sid', 'arm64', ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate']);
if ('why' in sysroot) throw new Error(sysroot.why);
const zig = findZig();
if ('why' in zig) throw new Error(zig.why);
const out = join(repository, 'build/kernel');
mkdirSync(out, { recursive: true });
const here = import.meta.dirname;
for (const [name, flags] of [
  ['host', ['-ldl', '-lpthread']],
  ['count', ['-shared', '-fPIC']],
] as const) {
  const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', [
    '-std=gnu11',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    join(here, `guest/${name}.c`),
    '-o',
    join(out, name === 'count' ? 'count.so' : name),
    ...flags,
  ]);
  if (failed !== null) throw new Error(failed);
}
const npu = readdirSync(join(here, 'npu'))
  .filter((f) => f.endsWith('.c'))
  .map((f) => join(here, 'npu', f));
const units = readdirSync(join(repository, 'delegate/npu'))
  .filter((f) => f.endsWith('.c'))
  .map((f) => join(repository, 'delegate/npu', f));
spawnSync(
  'cc',
  [
    '-std=gnu11',
    '-O3',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-ffp-contract=off',
    ...npu,
    ...units,
    '-o',
    join(out, 'server'),
    '-lm',
    '-lpthread',
  ],
  { stdio: 'inherit' },
);
const lib = process.argv[2] ?? '';
const result = await bootGuest(
  bed,
  {
    sysroot: sysroot.folder,
    programs: [join(out, 'host'), join(out, 'count.so')],
    models: process.argv.slice(3),
    library: lib,
  },
  join(out, 'server'),
  { module: 'rocket-30s', seconds: 200, commands: (process.env['COMMANDS'] ?? '').split('\n') },
);
console.log(result.console);
console.error(result.npu);
