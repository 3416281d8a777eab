// Builds build/Release/libptfe.so and the Node-API addon with node-gyp, without a download: the headers are those that
// came with Node, beside its executable.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
const prefix = resolve(process.execPath, '../..');
const env = { ...process.env };
delete env.npm_config_nodedir; // npm's own would win over the command line
const nodedir = existsSync(resolve(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];

const node = (...args) => {
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [gyp, ...args, ...nodedir, '--loglevel=error'],
    {
      cwd: root,
      env,
      encoding: 'utf8',
    },
  );
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`);
  if (nodedir.length === 0)
    console.error('node-gyp found no headers beside Node: install Node from nodejs.org, nvm or nodesource');
  console.error('building the native library failed: it needs Python 3, make and a C compiler');
  process.exit(1);
};

node('configure');
node('build');
console.log('build/Release: libptfe.so, ptfe_addon.node');
