// `npm run tidy [FILE...]`: clang-tidy over the delegate, told how each file is compiled by build/compile_commands.json, which is
// made of binding.gyp's list of sources here (editors read it too). clang-tidy of PATH, or from PyPI in a private environment.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFlags, sourcesOf } from './sources.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const version = 'clang-tidy==23.1.4';
const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;

function findTidy() {
  if (runs('clang-tidy')) return 'clang-tidy';
  const folder = join(root, '.cache/python/clang-tidy');
  const tidy = join(folder, 'bin/clang-tidy');
  if (existsSync(tidy) && runs(tidy)) return tidy;
  if (spawnSync(process.env.PTFE_PYTHON ?? 'python3', ['-m', 'venv', folder]).status !== 0) return null;
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--only-binary', ':all:', version];
  spawnSync(join(folder, 'bin/python'), pip, { timeout: 300_000, stdio: 'inherit' });
  return runs(tidy) ? tidy : null;
}

/** One entry for each C file of the library and the addon. */
function writeCommands() {
  const headers = resolve(process.execPath, '../../include/node');
  const files = [...new Set(['ptfe', 'ptfe_addon'].flatMap((target) => sourcesOf(root, target)))];
  const entries = files.map((file) => ({
    directory: root,
    file,
    arguments: ['cc', ...compileFlags(root), '-DNODE_GYP_MODULE_NAME=ptfe_addon', `-I${headers}`, '-c', file],
  }));
  mkdirSync(join(root, 'build'), { recursive: true });
  writeFileSync(join(root, 'build/compile_commands.json'), `${JSON.stringify(entries, null, 1)}\n`);
  return files;
}

const files = writeCommands();
const given = process.argv.slice(2);
if (given.includes('--commands')) {
  console.log(`build/compile_commands.json: ${files.length} files`);
} else {
  const tidy = findTidy();
  if (tidy === null) {
    console.error(`tidy: no clang-tidy in PATH, and pip cannot install ${version}`);
    process.exit(1);
  }
  const wanted = given.length > 0 ? given : files;
  const each = Math.ceil(wanted.length / availableParallelism());
  const { spawn } = await import('node:child_process');
  const parts = Array.from({ length: Math.ceil(wanted.length / each) }, (_, i) =>
    wanted.slice(i * each, (i + 1) * each),
  );
  const statuses = await Promise.all(
    parts.map(
      (part) =>
        new Promise((done) => {
          const child = spawn(tidy, ['-p', 'build', '--quiet', ...part], {
            cwd: root,
            stdio: ['ignore', 'inherit', 'ignore'],
          });
          child.on('close', done);
        }),
    ),
  );
  process.exitCode = statuses.every((status) => status === 0) ? 0 : 1;
}
