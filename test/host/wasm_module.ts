/** dist/ptfe.wasm, built when its sources are newer. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

export const wasmModuleFile = join(repository, 'dist/ptfe.wasm');
const noCompiler = 3;

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** The software NPU, the plan reader, and what chooses their sources. */
const sources = (): readonly string[] => [
  ...['npu', 'plan', 'util', 'device', 'generated'].flatMap((folder) =>
    readdirSync(join(repository, 'delegate', folder)).map((name) => join(repository, 'delegate', folder, name)),
  ),
  join(repository, 'scripts/build-wasm-module.mjs'),
];

/** @returns why there is none */
export const buildWasmModule = (): Lack | null => {
  if (sources().every((path) => age(path) <= age(wasmModuleFile))) return null;
  const script = join(repository, 'scripts/build-wasm-module.mjs');
  const done = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (done.status === noCompiler) return `network: ${done.stderr.trim()}`;
  if (done.status !== 0) throw new Error(done.stderr);
  return null;
};
