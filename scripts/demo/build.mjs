// Brings dependencies and build outputs up to date: what is newer than its sources is left alone.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { builds, staleReason } from '../stale.mjs';
import { StepError, run, step } from './progress.mjs';

export async function bringUpToDate(root) {
  const lock = '.package-lock.json';
  if (timeOf(join(root, 'node_modules', lock)) < timeOf(join(root, 'package-lock.json'))) {
    await npm(root, 'installing npm packages', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  }
  if (Object.keys(builds).every((name) => staleReason(root, name) === null)) return;
  await checkTools();
  await npm(root, 'building the delegate and the engine', ['run', '--silent', 'build']);
}

/** A C compiler and make: what node-gyp needs beside Python. */
async function checkTools() {
  const compiler = process.env['CC'] ?? 'cc';
  if (!(await run(compiler, ['--version'])).ok && (process.env['CC'] || !(await run('gcc', ['--version'])).ok)) {
    throw new StepError(`no C compiler (${compiler}): install one (Debian: apt install gcc), or name one in CC`);
  }
  if (!(await run('make', ['--version'])).ok) throw new StepError('no make: install it (Debian: apt install make)');
}

function npm(root, title, args) {
  const cli = process.env['npm_execpath'];
  const [command, first] = cli ? [process.execPath, [cli]] : ['npm', []];
  return step(title, command, [...first, ...args], { cwd: root, remedy: `to see all of it: npm ${args.join(' ')}` });
}

const timeOf = (path) => (existsSync(path) ? statSync(path).mtimeMs : -Infinity);
