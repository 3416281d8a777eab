import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { aarch64Program } from '../host/aarch64_program.js';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

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
    const program = aarch64Program('sha256', units);
    if ('why' in program) return skip(this, program.why);
    expect(check(program.command)).to.deep.equal(['portable', 'ARMv8']);
  });
});
