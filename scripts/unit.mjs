// Which test files are unit tests. The rule: nothing of test/ or scripts/ that a file stands on, itself included, can start a
// process or load native code. So they need no build, no Python and no compiler, and cannot be skipped for want of one.
// A file that keeps the rule and takes long says so in a line of its own, "// Not a unit test: WHY".
// src/ may know how to start a process (`ptfe doctor`); test/host/no_processes.cjs sees to it that no unit test has it done.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** What starts processes and loads libraries. */
const starters = new Set(['node:child_process', 'node:module', 'node:worker_threads', 'koffi', 'esbuild']);

/** All test files, from the repository's folder. */
export const testFiles = (root) =>
  readdirSync(join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
    .sort();

/** For each file of the repository that the given ones stand on: what it imports. Types are no imports. */
export async function importsOf(root, files) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    outdir: 'build/unit', // nothing is written
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  });
  return new Map(Object.entries(metafile.inputs).map(([file, { imports }]) => [file, imports.map(({ path }) => path)]));
}

/** @returns the unit tests among `files` */
export async function unitTests(root, files = testFiles(root)) {
  const imports = await importsOf(root, files);
  const isOurs = (file) => file.startsWith('test/') || file.startsWith('scripts/');
  const known = new Map();
  const isPure = (file) => {
    const answer = known.get(file);
    if (answer !== undefined) return answer;
    known.set(file, true); // of a circle, the others decide
    const pure = (imports.get(file) ?? []).every((path) => !starters.has(path) && (!isOurs(path) || isPure(path)));
    known.set(file, pure);
    return pure;
  };
  const isKeptOut = (file) => /^\/\/ Not a unit test: \S/m.test(readFileSync(join(root, file), 'utf8'));
  return files.filter((file) => isPure(file) && !isKeptOut(file));
}
