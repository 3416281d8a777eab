// `npm test`: everything, from a fresh clone: dependencies, build, unit tests, lint, types, all other tests. What fails soonest
// comes first. The last line counts all tests. `npm test -- FILE...`: those files alone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const npm = process.env.npm_execpath;
const scratch = mkdtempSync(join(tmpdir(), 'ptfe-test-'));
const countFile = join(scratch, 'counts');

/** Ends with the one line that is read: tests of all runs, and steps that failed before any. */
const finish = (failedSteps) => {
  const rows = existsSync(countFile) ? readFileSync(countFile, 'utf8').trim().split('\n') : [];
  rmSync(scratch, { recursive: true, force: true });
  const sum = (column) => rows.reduce((total, row) => total + Number(row.split(' ')[column]), 0);
  // A run that ended without a count, or with another fault than a test's, has failed too.
  const failed = failedSteps > 0 ? Math.max(sum(1), 1) : sum(1);
  console.log(`${sum(0)} passed, ${failed} failed, ${sum(2)} skipped`);
  process.exit(failed > 0 ? 1 : 0);
};

/** Runs a command in the repository's root and stops everything when it fails. */
const step = (title, command, args, env = process.env) => {
  console.log(`# ${title}`);
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`npm test: "${title}" failed${error ? `: ${error.message}` : ''}`);
  finish(1);
};
const npmStep = (title, ...args) => (npm ? step(title, process.execPath, [npm, ...args]) : step(title, 'npm', args));
const tests = (title, ...args) =>
  step(title, process.execPath, ['node_modules/mocha/bin/mocha.js', ...args], {
    ...process.env,
    PTFE_COUNTS: countFile,
  });
/** Several runs at once, each on files of its own: what the first says comes as it is said, the others' behind it. */
const testsAtOnce = async (title, groups) => {
  console.log(`# ${title}`);
  const runs = groups.map((files, group) => {
    const log = join(scratch, `output-${group}`);
    const output = group === 0 ? 'inherit' : openSync(log, 'w');
    const child = spawn(process.execPath, ['node_modules/mocha/bin/mocha.js', ...files], {
      cwd: root,
      env: { ...process.env, PTFE_COUNTS: countFile },
      stdio: ['ignore', output, output],
    });
    return new Promise((resolve) => {
      child.on('error', () => resolve({ group, log, status: 1 }));
      child.on('close', (status) => resolve({ group, log, status }));
    });
  });
  const ended = await Promise.all(runs);
  for (const { group, log } of ended) if (group > 0) process.stdout.write(readFileSync(log));
  if (ended.some(({ status }) => status !== 0)) {
    console.error(`npm test: "${title}" failed`);
    finish(1);
  }
};
const age = (path) => (existsSync(`${root}/${path}`) ? statSync(`${root}/${path}`).mtimeMs : -Infinity);

if (age('node_modules/.package-lock.json') < age('package-lock.json')) {
  npmStep('dependencies', 'ci', '--no-audit', '--no-fund');
}
npmStep('build', 'run', '--silent', 'build');
const given = process.argv.slice(2);
if (given.length > 0) {
  tests('tests', ...given);
} else {
  // Not earlier: it stands on what `npm ci` brings.
  const { testFiles, unitTests } = await import('./unit.mjs');
  const unit = await unitTests(root);
  tests('unit tests', '--require', 'test/host/no_processes.cjs', ...unit);
  npmStep('lint, format, types, generated files', 'run', '--silent', 'lint');
  const others = testFiles(root).filter((file) => !unit.includes(file));
  // About half of the time each, on machines with two processors or more: programs around the compiler, and values.
  const isComputed = (file) => /^test\/(golden|lab|models|npu|ops|random)\//.test(file);
  await testsAtOnce('tests', [others.filter((file) => !isComputed(file)), others.filter(isComputed)]);
}
finish(0);
