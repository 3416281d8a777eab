import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourcesOf } from '../../scripts/sources.mjs';
import { demandFresh } from '../host/fresh.js';
import { buildProgram } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';
import { engine } from './host_program.js';

/** Many interpreters at a time, under ThreadSanitizer (fixtures/threads.c), with delegates of their own and a shared one. */
describe('delegate: threads', function () {
  this.timeout(300_000);
  let program = '';
  let folder = '';
  before(function () {
    const built = buildProgram({
      name: 'threads',
      units: [
        join(import.meta.dirname, 'fixtures/threads.c'),
        ...sourcesOf(repository, 'ptfe').map((path) => join(repository, path)),
      ],
      flags: ['-O1', '-fsanitize=thread'],
    });
    if ('why' in built) return skip(this, built.why);
    if (!existsSync(engine)) return skip(this, 'tool: the engine is not built (npm run build:engine)');
    demandFresh('engine');
    program = built.path;
    folder = mkdtempSync(join(tmpdir(), 'ptfe-threads-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const run = (threads: number, rounds: number, ...options: readonly string[]): void => {
    const args = [
      String(threads),
      String(rounds),
      `cache=${folder}/cache`,
      `engine=${engine}`,
      'parts=all',
      ...options,
    ];
    const env = { ...process.env, TSAN_OPTIONS: 'halt_on_error=1 second_deadlock_stack=1' };
    const { status, signal, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 200_000, env });
    expect(
      { status, signal },
      stderr.slice(Math.max(0, stderr.indexOf('WARNING')), Math.max(0, stderr.indexOf('WARNING')) + 6000),
    ).to.deep.equal({ status: 0, signal: null });
    expect(stdout).to.contain(`${threads} threads of ${rounds} rounds`);
    expect(stderr).to.not.contain('WARNING: ThreadSanitizer');
  };

  it('create, compile, run, resize and end, with an empty cache', () => run(3, 1));

  it('the same many times, with a warm one and a profile', () => run(8, 20, `profile=${folder}/profile.json`));
});
