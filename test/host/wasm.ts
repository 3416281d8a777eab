import { getDefaultContext } from '@emnapi/runtime';
import { instantiateNapiModuleSync } from '@emnapi/core';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon } from './addon.js';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

/** The addon as WebAssembly, built when its sources are newer. */
const file = join(repository, 'build/wasm/ptfe_addon.wasm');
const noCompiler = 3;

const newest = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** @returns the addon, or why it cannot be had */
export function loadWasmAddon(): Addon | Lack {
  const sources = Math.max(newest(join(repository, 'delegate')), age(join(repository, 'binding.gyp')));
  if (age(file) < sources) {
    const done = spawnSync(process.execPath, [join(repository, 'scripts/build-wasm.mjs')], { encoding: 'utf8' });
    if (done.status === noCompiler) return `network: ${done.stderr.trim()}`;
    if (done.status !== 0) throw new Error(done.stderr);
  }
  const { napiModule } = instantiateNapiModuleSync(readFileSync(file), { context: getDefaultContext() });
  return napiModule.exports as Addon;
}
