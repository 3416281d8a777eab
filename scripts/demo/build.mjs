// Brings dependencies and build outputs up to date: what is newer than its sources is left alone.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StepError, run, step } from './progress.mjs';

/** What each output is made of. */
const madeOf = {
  'build/Release/libptfe.so': ['delegate', 'binding.gyp', 'scripts/build-native.mjs'],
  'dist/engine.mjs': ['src', 'package.json', 'scripts/build-engine.mjs'],
};

export async function bringUpToDate(root) {
  const lock = '.package-lock.json';
  if (timeOf(join(root, 'node_modules', lock)) < timeOf(join(root, 'package-lock.json'))) {
    await npm(root, 'installing npm packages', ['ci', '--no-audit', '--no-fund', '--loglevel', 'error']);
  }
  const stale = Object.entries(madeOf).filter(([output, sources]) => {
    const newest = Math.max(...sources.map((path) => newestIn(join(root, path))));
    return timeOf(join(root, output)) < newest;
  });
  if (stale.length === 0) return;
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

/** The newest file at or below a path. */
function newestIn(path) {
  if (!existsSync(path) || !statSync(path).isDirectory()) return timeOf(path);
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}
