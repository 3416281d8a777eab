// Builds build/Release/libptfe.so and the Node-API addon with node-gyp, without a download: the headers are those that
// came with Node, beside its executable. Where there are none, libptfe.so, which needs none, is built by the C compiler
// alone, from the same list of sources with the same flags.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { libraryArguments } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const prefix = resolve(process.execPath, '../..');
const header = 'include/node/node_api.h';

function stop(what, { stdout, stderr, error }) {
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}\n`);
  console.error(`building the native library failed: it needs ${what}`);
  process.exit(1);
}

function withNodeGyp() {
  const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const started = new Date();
  const env = { ...process.env };
  delete env.npm_config_nodedir; // npm's own would win over the command line
  for (const command of ['configure', 'build']) {
    const args = [gyp, command, `--nodedir=${prefix}`, '--loglevel=error'];
    const done = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    if (done.status !== 0) stop('Python 3, make and a C compiler', done);
  }
  // make leaves an output alone that a change does not touch; both stand for the sources as they were at the start.
  for (const name of ['libptfe.so', 'ptfe_addon.node'])
    utimesSync(resolve(root, 'build/Release', name), started, started);
  console.log('build/Release: libptfe.so, ptfe_addon.node');
}

function withCompilerAlone() {
  const [cc, ...first] = (process.env.CC ?? 'cc').trim().split(/\s+/);
  const output = resolve(root, 'build/Release/libptfe.so');
  const made = `${output}.${process.pid}`;
  mkdirSync(resolve(output, '..'), { recursive: true });
  const done = spawnSync(cc, [...first, ...libraryArguments(root), '-o', made], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) stop(`a C compiler (${cc})`, done);
  renameSync(made, output);
  console.log(
    `build/Release: libptfe.so; not ptfe_addon.node (ptfe compare, ptfe stream run): no ${header} in ${prefix} ` +
      '(Node from nodejs.org, nvm or nodesource has it; Debian: libnode-dev)',
  );
}

if (existsSync(resolve(prefix, header))) withNodeGyp();
else withCompilerAlone();
