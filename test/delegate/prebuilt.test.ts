import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { prebuild, type PrebuiltTarget, prebuiltTargets } from '../../scripts/prebuilt.mjs';
import { planFile } from '../../src/cli/plan_file.js';
import { compileTflite } from '../../src/compile.js';
import { readTflite } from '../../src/tflite/reader.js';
import { loadAddon } from '../host/addon.js';
import { repository } from '../host/repository.js';
import { type Lack, skip } from '../host/skip.js';
import { debianSysroot } from '../host/sysroot.js';
import { findQemu } from '../host/teflon.js';
import { findZig, zigCompile, zigLack } from '../host/zig.js';
import { int8Model } from './models.js';

/**
 * The libraries of `npm run build -- --target NAME`: what they ask of the machine that loads them, what they offer, and the
 * values that they compute there (examples/run_plan.c, under each C library's own loader).
 */
interface Machine {
  readonly name: 'aarch64' | 'x86_64';
  readonly debian: string;
  readonly node: string;
  readonly elf: RegExp;
}

const machines = {
  aarch64: { name: 'aarch64', debian: 'arm64', node: 'arm64', elf: /^\s*Machine:\s+AArch64$/m },
  x86_64: { name: 'x86_64', debian: 'amd64', node: 'x64', elf: /^\s*Machine:\s+Advanced Micro Devices X86-64$/m },
} as const satisfies Readonly<Record<string, Machine>>;

const targets: readonly { readonly target: PrebuiltTarget; readonly machine: Machine; readonly isMusl: boolean }[] = [
  { target: 'aarch64', machine: machines.aarch64, isMusl: false },
  { target: 'aarch64-musl', machine: machines.aarch64, isMusl: true },
  { target: 'x86_64', machine: machines.x86_64, isMusl: false },
  { target: 'x86_64-musl', machine: machines.x86_64, isMusl: true },
];

const readelf = (...args: readonly string[]): string => {
  const { status, stdout, stderr } = spawnSync('readelf', ['-W', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};

/** All that ptfe.h, TFLite's external-delegate interface and LiteRT's dispatch interface name, and nothing else. */
const interfaceNames = (): readonly string[] => {
  const header = readFileSync(join(repository, 'delegate/include/ptfe.h'), 'utf8');
  const own = [...header.matchAll(/^PTFE_API [^(]*?(ptfe_\w+)\(/gm)].map(([, name = '']) => name);
  const hosts = ['tflite_plugin_create_delegate', 'tflite_plugin_destroy_delegate', 'LiteRtDispatchGetApi'];
  return [...own, ...hosts].sort();
};

interface Symbols {
  readonly offered: readonly string[];
  /** Of glibc, such as 2.17. */
  readonly versions: readonly string[];
}

const symbolsOf = (library: string): Symbols => {
  const rows = readelf('--dyn-syms', library).split('\n').slice(4);
  const fields = rows.map((row) => row.trim().split(/\s+/)).filter((row) => row.length >= 8);
  return {
    offered: fields.flatMap((row) => (row[6] === 'UND' ? [] : [row[7] ?? ''])).sort(),
    versions: rows.flatMap((row) => /@GLIBC_([\d.]+)/.exec(row)?.[1] ?? []),
  };
};

const isAtMost = (version: string, most: readonly [number, number]): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < most[0] || (major === most[0] && minor <= most[1]);
};

/** The loader of a C library for a machine, behind qemu where that machine is another. */
function loaderOf(machine: Machine, isMusl: boolean): readonly string[] | { readonly why: Lack } {
  const isNative = process.arch === machine.node;
  if (isNative && !isMusl) return [];
  if (!isNative && machine.name !== 'aarch64')
    return { why: `tool: no emulator of ${machine.name} on ${process.arch}` };
  const sysroot = isMusl
    ? debianSysroot(`musl-${machine.debian}`, 'sid', machine.debian, ['musl'])
    : debianSysroot('aarch64', 'sid', 'arm64', ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate']);
  if ('why' in sysroot) return sysroot;
  const libraries = join(sysroot.folder, `usr/lib/${machine.name}-linux-gnu`);
  const loader = isMusl
    ? [join(sysroot.folder, `usr/lib/${machine.name}-linux-musl/libc.so`)] // the loader too
    : [join(libraries, 'ld-linux-aarch64.so.1'), '--library-path', libraries];
  if (isNative) return loader;
  const qemu = findQemu();
  return typeof qemu === 'string' ? [qemu, ...loader] : qemu;
}

describe('prebuilt libraries', function () {
  this.timeout(300_000);
  const model = int8Model();
  let folder = '';
  before(function () {
    const zig = findZig();
    if ('why' in zig) return skip(this, zig.why);
    folder = mkdtempSync(join(tmpdir(), 'ptfe-prebuilt-'));
    const { graph } = readTflite(model.bytes);
    const compiled = compileTflite(model.bytes, { trust: 'inferred', parts: 'all' });
    writeFileSync(join(folder, 'model.plan'), planFile(graph, compiled));
    writeFileSync(join(folder, 'input'), model.inputs[0] ?? new Uint8Array());
  });
  after(() => folder !== '' && rmSync(folder, { recursive: true }));

  it('are one for each target', () => {
    expect(targets.map(({ target }) => target)).to.deep.equal(Object.keys(prebuiltTargets));
  });

  for (const { target, machine, isMusl } of targets) {
    describe(target, () => {
      let library = '';
      before(function () {
        const built = prebuild(repository, target);
        if ('why' in built) return skip(this, zigLack(built));
        library = built.path;
      });

      it('asks for its machine and an old C library, stays loaded, and offers its interface alone', function () {
        if (spawnSync('readelf', ['--version']).status !== 0) return skip(this, 'tool: no readelf');
        expect(readelf('-h', library)).to.match(machine.elf);
        const dynamic = readelf('-d', library);
        expect(dynamic)
          .to.match(/\(FLAGS_1\).*NODELETE/)
          .and.to.match(/\(SONAME\).*\[libptfe\.so\]/);
        expect(dynamic).to.not.contain('TEXTREL');
        expect(readelf('-lW', library)).to.match(/GNU_STACK .* RW /);
        expect(readelf('-S', library)).to.not.match(/\.symtab|\.debug_/);
        const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name = '']) => name);
        const { offered, versions } = symbolsOf(library);
        expect(offered).to.deep.equal(interfaceNames());
        if (isMusl) {
          expect([needed, versions]).to.deep.equal([['libc.so'], []]);
        } else {
          expect(needed).to.include('libc.so.6');
          expect(needed.filter((name) => !/^lib(c|pthread|dl|m)\.so\.\d$/.test(name))).to.deep.equal([]);
          expect(versions.length).to.be.above(20);
          expect(versions.filter((version) => !isAtMost(version, [2, 28]))).to.deep.equal([]);
        }
      });

      it('computes the bits of the native build', function () {
        const addon = loadAddon();
        const zig = findZig();
        const loader = loaderOf(machine, isMusl);
        if (typeof addon === 'string') return skip(this, addon);
        if ('why' in zig) return skip(this, zig.why);
        if ('why' in loader) return skip(this, loader.why);
        const program = join(folder, `run_plan-${target}`);
        const include = join(repository, 'delegate/include');
        const source = join(repository, 'examples/run_plan.c');
        const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-dynamic', `-I${include}`];
        const linking = [library, `-Wl,-rpath,${dirname(library)}`, '-o', program];
        expect(zigCompile(zig, prebuiltTargets[target], [...flags, source, ...linking])).to.equal(null);
        const prefix = join(folder, `${target}-out`);
        const args = ['--device', 'software', join(folder, 'model.plan'), '0', prefix, join(folder, 'input')];
        const [command = program, ...rest] = [...loader, program, ...args];
        const done = spawnSync(command, rest, { encoding: 'utf8', timeout: 120_000 });
        expect(done.status, `${done.stderr}${done.error?.message ?? ''}`).to.equal(0);
        expect(done.stdout).to.match(/^device: software$/m);
        const [part] = compileTflite(model.bytes, { trust: 'inferred', parts: 'all' }).parts;
        if (part === undefined) throw new Error('no part');
        const expected = addon.planRun(part.plan, model.inputs);
        expect(expected.length).to.be.above(0);
        expected.forEach((bytes, i) => expect(Buffer.compare(readFileSync(`${prefix}${i}`), bytes)).to.equal(0));
      });
    });
  }
});
