import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { findQemu } from '../host/teflon.js';
import { debianSysroot } from '../host/sysroot.js';
import { findZig, zigCompile } from '../host/zig.js';

/** SHA-256 in plain C and by the processor's instructions, each against Node's, in one run for x86-64 and one for aarch64. */
describe('SHA-256', function () {
  this.timeout(120_000);
  const units = [
    join(import.meta.dirname, 'fixtures/sha256.c'),
    ...['sha256', 'sha256_x86', 'sha256_arm'].map((name) => join(repository, `delegate/util/${name}.c`)),
  ];
  const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 65536, 100_003];

  /** @returns the names of the ways that it went */
  const check = (command: readonly [string, ...string[]]): readonly string[] => {
    const names = new Set<string>();
    for (const length of lengths) {
      const input = Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);
      const [program, ...args] = command;
      const done = spawnSync(program, args, { input, encoding: 'utf8' });
      expect(done.status, done.stderr).to.equal(0);
      const digest = createHash('sha256').update(input).digest('hex');
      const lines = done.stdout.trim().split('\n');
      for (const line of lines) {
        expect(line.slice(-64), `${length} bytes: ${line}`).to.equal(digest);
        names.add(line.slice(0, -65));
      }
      expect(lines.length, 'pieces of six lengths each way').to.equal(6 * names.size);
    }
    return [...names];
  };

  it('on this machine', function () {
    const built = buildProgram({ name: 'sha256', units, flags: addressSanitizer });
    if ('why' in built) return skip(this, built.why);
    expect(check([built.path])).to.include('portable');
  });

  it("for aarch64, with ARMv8's instructions", function () {
    const qemu = findQemu();
    if (typeof qemu !== 'string') return skip(this, qemu.why);
    const zig = findZig();
    if ('why' in zig) return skip(this, zig.why);
    const sysroot = debianSysroot('aarch64', 'sid', 'arm64', ['libtensorflow-lite2.14.1', 'mesa-teflon-delegate']);
    if ('why' in sysroot) return skip(this, sysroot.why);
    const libraries = join(sysroot.folder, 'usr/lib/aarch64-linux-gnu');
    mkdirSync(join(repository, 'build/test-native'), { recursive: true });
    const path = join(repository, 'build/test-native/sha256-aarch64');
    const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', ['-std=c11', '-O2', ...units, '-o', path]);
    expect(failed).to.equal(null);
    const command = [qemu, join(libraries, 'ld-linux-aarch64.so.1'), '--library-path', libraries, path] as const;
    expect(check([...command])).to.deep.equal(['portable', 'ARMv8']);
  });
});
