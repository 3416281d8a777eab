/** What the kernel test runs: programs for the guest, the NPU for this machine, ptfe's library as a board would load it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { listOf } from '../../scripts/sources.mjs';
import { aarch64Library } from '../host/aarch64_library.js';
import { repository } from '../host/repository.js';
import { debianSysroot } from '../host/sysroot.js';
import { findZig, zigCompile } from '../host/zig.js';
import { CannotSetUp, runner } from '../host/process.js';

export interface Programs {
  /** Debian's arm64 libraries. */
  readonly sysroot: string;
  readonly library: string;
  readonly host: string;
  readonly count: string;
  readonly answers: string;
  readonly limit: string;
  /** The self-test without Node, linked with the library. */
  readonly ladder: string;
  readonly server: string;
}

const here = import.meta.dirname;
const target = 'aarch64-linux-gnu.2.28';

const cFiles = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.c'))
    .map((file) => join(folder, file));

const buildServer = (output: string): void => {
  const strict = ['-std=gnu11', '-O3', '-Wall', '-Wextra', '-Werror', '-ffp-contract=off'];
  const sources = [
    ...cFiles(join(here, 'npu')),
    ...listOf(repository, 'npu_sources').map((path) => join(repository, path)),
  ];
  const args = [...strict, ...sources, '-o', output, '-lm', '-lpthread'];
  const { status, stderr, error } = spawnSync(process.env['CC'] ?? 'cc', args, { encoding: 'utf8' });
  if (error !== undefined) throw new CannotSetUp(`no C compiler (${error.message})`);
  if (status !== 0) throw new Error(`the NPU outside QEMU does not compile:\n${stderr}`);
};

/** @throws CannotSetUp where a tool or a package cannot be had until then (Date.now()) */
export const buildPrograms = (until: number): Programs => {
  const zig = findZig();
  if ('why' in zig) throw new CannotSetUp(zig.why);
  const packages = ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate'];
  const sysroot = debianSysroot('aarch64', 'sid', 'arm64', packages, runner(until));
  if ('why' in sysroot) throw new CannotSetUp(sysroot.why);
  const folder = join(repository, 'build/kernel');
  mkdirSync(folder, { recursive: true });
  const library = aarch64Library();
  if (typeof library !== 'string') throw new CannotSetUp(library.why);
  const include = `-I${join(repository, 'delegate/include')}`;
  const programs = [
    ['host', join(here, 'guest/host.c'), ['-ldl', '-lpthread']],
    ['limit', join(here, 'guest/limit.c'), []],
    ['answers', join(here, 'guest/answers.c'), []],
    ['count.so', join(here, 'guest/count.c'), ['-shared', '-fPIC']],
    ['run_ladder', join(repository, 'examples/run_ladder.c'), [include, library, '-Wl,-rpath,/usr/lib']],
  ] as const;
  for (const [name, source, flags] of programs) {
    const args = ['-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', source, '-o', join(folder, name), ...flags];
    const failed = zigCompile(zig, target, args);
    if (failed !== null) throw new Error(`${name} does not compile:\n${failed}`);
  }
  buildServer(join(folder, 'server'));
  return {
    sysroot: sysroot.folder,
    library,
    host: join(folder, 'host'),
    count: join(folder, 'count.so'),
    answers: join(folder, 'answers'),
    limit: join(folder, 'limit'),
    ladder: join(folder, 'run_ladder'),
    server: join(folder, 'server'),
  };
};
