// `npm run lint:package`: what publint and Are The Types Wrong say of the package, packed from what is built. Every entry of
// `exports` must lead to a file that is packed, with types, for Node and for bundlers. The package is ESM alone.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packNpm } from './package/npm.mjs';
import { bundles, root, run, types } from './package/packaging.mjs';

const program = (path) => join(root, 'node_modules', path);
const folder = mkdtempSync(join(tmpdir(), 'ptfe-lint-'));
try {
  bundles();
  types();
  const packed = packNpm(folder);
  run(process.execPath, [program('publint/src/cli.js'), packed, '--strict']);
  run(process.execPath, [
    program('@arethetypeswrong/cli/dist/index.js'),
    packed,
    '--profile',
    'esm-only',
    '--no-emoji',
  ]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
