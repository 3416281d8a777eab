// Bundles the engine into dist/engine.mjs, the public API and the `ptfe` program: one file each, so that the child process
// of the delegate starts quickly and a board needs no node_modules.
import { build } from 'esbuild';
import { chmodSync, readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  define: { PTFE_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};
await build({ ...shared, entryPoints: ['src/engine.ts'], outfile: 'dist/engine.mjs' });
await build({ ...shared, entryPoints: ['src/index.ts'], outfile: 'dist/index.mjs' });
await build({ ...shared, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.mjs' });
chmodSync('dist/cli.mjs', 0o755);
console.log(`dist/engine.mjs, dist/index.mjs, dist/cli.mjs: ptfe ${version}`);
