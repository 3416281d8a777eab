// What npm's package holds beside sources' text: bundles, types, libraries and addons of all machines, and the addon as
// WebAssembly for the others. `npm pack` and `npm publish` have it made by scripts/prepack.mjs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundles, Lacking, nativeFiles, packageFolder, root, run, types, version } from './packaging.mjs';

const noCompiler = 3;

/** build/wasm/ptfe_addon.wasm, made where it is older than what it is made of. */
function wasmAddon(libraries) {
  const made = join(root, 'build/wasm/ptfe_addon.wasm');
  const isFresh = existsSync(made) && libraries.every((file) => statSync(file).mtimeMs <= statSync(made).mtimeMs);
  if (isFresh) return made;
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/build-wasm.mjs')], { encoding: 'utf8' });
  if (status === noCompiler) throw new Lacking('network', stderr.trim());
  if (status !== 0) throw new Error(stderr);
  return made;
}

/** Makes what is packed. @throws Lacking where a compiler cannot be had */
export function prepareNpm(targets) {
  const libraries = targets.flatMap(nativeFiles);
  const dist = bundles();
  copyFileSync(wasmAddon(libraries), join(dist, 'ptfe_addon.wasm'));
  types();
}

/** The package as npm would publish it, from what is there. @returns its path */
export function packNpm(folder = packageFolder) {
  mkdirSync(folder, { recursive: true });
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
  return join(folder, `ptfe-${version}.tgz`);
}
