import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { buildNative } from './native.js';
import { skip } from '../host/skip.js';

const count = process.env['PTFE_RANDOM_PROGRAMS'] ?? '2000';

describe('random register programs', function () {
  this.timeout(120_000);

  const run = (context: Mocha.Context, ...more: readonly string[]): void => {
    const parts = ['random_programs.c', 'random_task.c', 'random_convolution.c', 'random_pooling.c', 'random_stages.c'];
    const built = buildNative('random_programs', parts);
    if ('why' in built) return skip(context, built.why);
    const { stdout, status } = spawnSync(built.path, ['1', count, ...more], { encoding: 'utf8' });
    for (const line of stdout.trim().split('\n').slice(-2)) console.log(`      ${line}`);
    expect(status, stdout.slice(0, 2000)).to.equal(0);
  };

  it('give the same bits on the reference, the portable and the vector path', function () {
    run(this);
  });

  it('with flipped bits are refused, or give the same bits', function () {
    run(this, 'damage');
  });
});
