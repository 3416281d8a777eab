import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { buildNative } from './native.js';

describe('random register programs', function () {
  this.timeout(120_000);

  it('give the same bits on the reference, the portable and the vector path', function () {
    const built = buildNative('random_programs', [
      'random_programs.c',
      'random_task.c',
      'random_convolution.c',
      'random_stages.c',
    ]);
    if ('why' in built) {
      console.log(`      skipped: ${built.why}`);
      return this.skip();
    }
    const count = process.env['PTFE_RANDOM_PROGRAMS'] ?? '2000';
    const { stdout, status } = spawnSync(built.path, ['1', count], { encoding: 'utf8' });
    for (const line of stdout.trim().split('\n').slice(-2)) console.log(`      ${line}`);
    expect(status, stdout.slice(0, 2000)).to.equal(0);
  });
});
