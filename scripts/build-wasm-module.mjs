// Builds dist/ptfe.wasm: the plan reader and the software NPU with their C ABI (delegate/include/ptfe.h) as a WebAssembly module
// without imports, for browsers and for machines that no addon was built for. The compiler is zig from PyPI. Exit status 3: it
// could not be had.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFlags, listOf } from './sources.mjs';
import { findZig } from './zig.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const output = join(root, 'dist/ptfe.wasm');

const functions = [
  'malloc',
  'free',
  ...['open', 'close', 'run', 'input_count', 'output_count', 'input', 'output'].map((name) => `ptfe_${name}`),
];

const zig = findZig();
if ('why' in zig) {
  console.error(`no compiler for WebAssembly: ${zig.why}`);
  process.exit(3);
}
mkdirSync(join(root, 'dist'), { recursive: true });
const made = `${output}.${process.pid}`;
const args = [
  ...['-m', 'ziglang', 'cc', '-target', 'wasm32-wasi', '-mexec-model=reactor', '-msimd128', '-s'],
  ...compileFlags(root).filter((flag) => flag !== '-fPIC'),
  ...listOf(root, 'plan_sources'),
  ...listOf(root, 'npu_sources'),
  ...functions.map((name) => `-Wl,--export=${name}`),
  ...['-o', made],
];
const done = spawnSync(zig.python, args, { cwd: root, encoding: 'utf8' });
if (done.status !== 0) {
  process.stderr.write(`${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}\n`);
  console.error('building the WebAssembly module failed');
  process.exit(1);
}
renameSync(made, output);
console.log(`dist/ptfe.wasm: ${statSync(output).size} bytes`);
