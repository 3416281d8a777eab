import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { addressSanitizer, buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

describe('delegate: the error type', function () {
  this.timeout(60_000);

  it('sentences of any length: cut where they do not fit, nothing behind them is written, the code stays', function () {
    const built = buildProgram({
      name: 'error',
      units: [join(import.meta.dirname, 'fixtures/error.c'), join(repository, 'delegate/util/error.c')],
      flags: addressSanitizer,
    });
    if ('why' in built) return skip(this, built.why);
    const { stdout, stderr } = spawnSync(built.path, { encoding: 'utf8' });
    expect(stdout, stderr.slice(0, 3000)).to.equal('good\n');
  });
});
