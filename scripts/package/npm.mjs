// What npm's package holds beside sources' text: bundles, types, libraries and addons of all machines, and the addon as
// WebAssembly for the others. `npm pack` and `npm publish` have it made by scripts/prepack.mjs.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { newestOf } from '../prebuilt.mjs';
import { bundles, Lacking, nativeFiles, packageFolder, root, run, types, version } from './packaging.mjs';

const noCompiler = 3;

/** A WebAssembly file, made where it is older than what it is made of. */
function wasm(made, script) {
  if (existsSync(made) && statSync(made).mtimeMs > newestOf(root)) return made;
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts', script)], { encoding: 'utf8' });
  if (status === noCompiler) throw new Lacking('network', stderr.trim());
  if (status !== 0) throw new Error(stderr);
  return made;
}

/** Makes what is packed. @throws Lacking where a compiler cannot be had */
export function prepareNpm(targets) {
  for (const target of targets) nativeFiles(target);
  const dist = bundles();
  wasm(join(dist, 'ptfe.wasm'), 'build-wasm-module.mjs');
  const addon = wasm(join(root, 'build/wasm/ptfe_addon.wasm'), 'build-wasm.mjs');
  copyFileSync(addon, join(dist, 'ptfe_addon.wasm'));
  types();
}

/** The package as npm would publish it, from what is there. @returns its path */
export function packNpm(folder = packageFolder) {
  mkdirSync(folder, { recursive: true });
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
  return join(folder, `ptfe-${version}.tgz`);
}
