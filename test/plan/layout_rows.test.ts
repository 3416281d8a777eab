import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { aarch64Program } from '../host/aarch64_program.js';

/** Pixels to atoms and back, by vectors and byte by byte: the same bytes, in one run for x86-64 and one for aarch64. */
describe('plan: rows of the layout conversion', function () {
  this.timeout(120_000);
  const units = [
    join(import.meta.dirname, 'layout_rows.c'),
    ...['', '_sse2', '_neon'].map((way) => join(repository, `delegate/plan/layout_rows${way}.c`)),
  ];

  it('on this machine', function () {
    const built = buildProgram({ name: 'layout_rows', units, flags: addressSanitizer });
    if ('why' in built) return skip(this, built.why);
    const done = spawnSync(built.path, [], { encoding: 'utf8' });
    expect(done.status, `${done.stdout}${done.stderr}`).to.equal(0);
    expect(done.stdout.split('\n')).to.include('portable');
  });

  it('for aarch64', function () {
    const program = aarch64Program('layout_rows', units);
    if ('why' in program) return skip(this, program.why);
    const [command, ...args] = program.command;
    const done = spawnSync(command, args, { encoding: 'utf8' });
    expect(done.status, `${done.stdout}${done.stderr}`).to.equal(0);
    expect(done.stdout.trim().split('\n')).to.deep.equal(['portable', 'NEON']);
  });
});
