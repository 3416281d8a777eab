import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listOf } from '../../scripts/sources.mjs';
import { repository } from './repository.js';
import type { Lack } from './skip.js';
import { debianSysroot } from './sysroot.js';
import { findZig, zigCompile } from './zig.js';

/**
 * A TFLite program for aarch64 under qemu, on a pretended /dev/accel/accel0 with the software NPU behind it: for Mesa's
 * own libteflon, unmodified, and for what of ours talks to that device. Everything is unpacked and built once, under
 * .cache; where something cannot be had, the reason is data.
 */
export interface Aarch64Host {
  readonly libteflon: string;
  readonly qemu: string;
  /** Debian's arm64 libraries. */
  readonly libraries: string;
  /** The pretended device, to be preloaded. */
  readonly shim: string;
  run(request: HostRequest): HostResult;
}

export interface HostRequest {
  readonly model: string;
  /** Path of a delegate for aarch64; absent for TFLite alone. */
  readonly delegate?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly input: Uint8Array;
  /** Switches of the software NPU behind the device. */
  readonly facts?: Readonly<Record<string, string>>;
  /** No pretended device: what the machine itself has. */
  readonly withoutDevice?: boolean;
}

export interface HostResult {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
  readonly outputs: readonly Uint8Array[];
  /** CPU milliseconds under qemu: for ratios only. */
  readonly milliseconds: { readonly prepare: number; readonly invoke: number } | null;
  /** What reached the device. */
  readonly submits: number;
  readonly tasks: number;
}

const here = import.meta.dirname;
const target = 'aarch64-linux-gnu.2.28';

const sources = (): readonly string[] => [
  join(here, 'teflon/shim.c'),
  ...['delegate/device/facts_option.c', 'delegate/util/error.c', ...listOf(repository, 'npu_sources')].map((path) =>
    join(repository, path),
  ),
];

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** The shim and the host, built when something is newer. @returns why not, or null */
function build(folder: string): Lack | null {
  const zig = findZig();
  if ('why' in zig) return zig.why;
  mkdirSync(folder, { recursive: true });
  const strict = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror'];
  const headers = [
    join(here, 'tflite_c.h'),
    ...readdirSync(join(repository, 'delegate'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.h'))
      .map((file) => join(repository, 'delegate', file)),
  ];
  const outputs = [
    [join(folder, 'shim.so'), ['-shared', '-fPIC', ...sources()]],
    [join(folder, 'host'), [join(here, 'teflon/host.c'), '-ldl']],
  ] as const;
  for (const [output, args] of outputs) {
    const inputs = [...args.filter((arg) => arg.endsWith('.c')), ...headers];
    if (inputs.every((input) => age(input) < age(output))) continue;
    const failed = zigCompile(zig, target, [...strict, ...args, '-o', output]);
    if (failed !== null) throw new Error(`${output} does not compile:\n${failed}`);
  }
  return null;
}

const inPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => age(path) > 0);

export function findQemu(): string | { readonly why: Lack } {
  const found = inPath('qemu-aarch64-static') ?? inPath('qemu-aarch64');
  if (found !== undefined) return found;
  const release = /VERSION_CODENAME=(\w+)/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  const architecture = spawnSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).stdout?.trim() ?? 'amd64';
  const sysroot = debianSysroot('qemu', release, architecture, ['qemu-user-static']);
  return 'why' in sysroot ? sysroot : join(sysroot.folder, 'usr/bin/qemu-aarch64-static');
}

/** @returns the host, or why there is none */
export function openAarch64Host(): Aarch64Host | Lack {
  const qemu = findQemu();
  if (typeof qemu !== 'string') return qemu.why;
  const sysroot = debianSysroot('aarch64', 'sid', 'arm64', ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate']);
  if ('why' in sysroot) return sysroot.why;
  const folder = join(repository, 'build/aarch64');
  const why = build(folder);
  if (why !== null) return why;
  const libraries = join(sysroot.folder, 'usr/lib/aarch64-linux-gnu');
  const run = ({
    model,
    delegate,
    options = {},
    input,
    facts = {},
    withoutDevice = false,
  }: HostRequest): HostResult => {
    const scratch = mkdtempSync(join(tmpdir(), 'ptfe-aarch64-'));
    writeFileSync(join(scratch, 'input'), input);
    const pretended = {
      LD_PRELOAD: join(folder, 'shim.so'),
      ROCKET_SHIM_LOG: '1',
      ROCKET_SHIM_FACTS: Object.entries(facts)
        .map((pair) => pair.join('='))
        .join(','),
    };
    const args = [
      ...Object.entries(withoutDevice ? {} : pretended).flatMap(([name, value]) => ['-E', `${name}=${value}`]),
      join(libraries, 'ld-linux-aarch64.so.1'),
      '--library-path',
      libraries,
      join(folder, 'host'),
      join(libraries, 'libtensorflow-lite.so.2.14.1'),
      model,
      delegate ?? '-',
      join(scratch, 'input'),
      join(scratch, 'output'),
      ...Object.entries(options).map((pair) => pair.join('=')),
    ];
    const done = spawnSync(qemu, args, { encoding: 'utf8', timeout: 600_000 });
    const outputs = readdirSync(scratch)
      .filter((file) => file.startsWith('output'))
      .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
      .map((file) => new Uint8Array(readFileSync(join(scratch, file))));
    rmSync(scratch, { recursive: true });
    const lines = done.stderr.split('\n').flatMap((line) => /submit (\d+), \d+ jobs, (\d+) tasks/.exec(line) ?? []);
    const times = done.stdout.startsWith('{') ? (JSON.parse(done.stdout) as { prepare: number; invoke: number }) : null;
    return {
      status: done.status,
      signal: done.signal,
      stderr: done.stderr,
      outputs,
      milliseconds: times,
      submits: Number(lines.at(-2) ?? 0),
      tasks: Number(lines.at(-1) ?? 0),
    };
  };
  const libteflon = join(sysroot.folder, 'usr/lib/teflon/libteflon.so');
  return { libteflon, qemu, libraries, shim: join(folder, 'shim.so'), run };
}
