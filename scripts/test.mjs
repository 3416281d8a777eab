// `npm test`: everything, from a fresh clone: dependencies, build, lint, types, all tests. The last line counts.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.env.npm_execpath;

/** Runs a command in the repository's root and stops everything when it fails. */
const step = (title, command, args) => {
  console.log(`# ${title}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`npm test: "${title}" failed${error ? `: ${error.message}` : ''}`);
    console.log('0 passed, 1 failed, 0 skipped');
    process.exit(1);
  }
};
const npmStep = (title, ...args) => (npm ? step(title, process.execPath, [npm, ...args]) : step(title, 'npm', args));
const age = (path) => (existsSync(`${root}/${path}`) ? statSync(`${root}/${path}`).mtimeMs : -Infinity);

if (age('node_modules/.package-lock.json') < age('package-lock.json')) {
  npmStep('dependencies', 'ci', '--no-audit', '--no-fund');
}
npmStep('build', 'run', '--silent', 'build');
if (process.argv.length <= 2) npmStep('lint, format, types, generated files', 'run', '--silent', 'lint');
step('tests', process.execPath, [
  'node_modules/mocha/bin/mocha.js',
  ...(process.argv.length > 2 ? process.argv.slice(2) : ['test/**/*.test.ts']),
]);
