// `npm run test:sanitized`: the delegate's tests and the plan fuzzer with AddressSanitizer and UndefinedBehaviorSanitizer
// in the library and the addon. Built beside the usual ones, in build/sanitized. Leaks are measured by the tests
// themselves (rounds of create and destroy): Python's own would drown them here.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { librariesOf, sourcesOf, versionDefine } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const cc = process.env.CC ?? 'cc';

const run = (command, args, env = process.env) =>
  spawnSync(command, args, { cwd: root, env, stdio: 'inherit' }).status ?? 1;

const include = resolve(process.execPath, '../../include/node');
const flags = ['-std=c11', '-O1', '-g', '-fPIC', '-shared', '-fvisibility=hidden', '-fno-omit-frame-pointer'];
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-Wall', '-Wextra', '-Werror'];
mkdirSync(resolve(root, 'build/sanitized'), { recursive: true });
const builds = [
  ['ptfe', 'build/sanitized/libptfe.so'],
  ['ptfe_addon', 'build/sanitized/ptfe_addon.node'],
];
for (const [target, output] of builds) {
  const defines = [versionDefine(root), '-DNODE_GYP_MODULE_NAME=ptfe_addon', `-I${include}`];
  const args = [...flags, ...sanitizers, ...defines, ...sourcesOf(root, target), '-o', output, ...librariesOf(root)];
  if (run(cc, args) !== 0) process.exit(1);
}
const runtimes = ['libasan.so', 'libubsan.so'].map((name) =>
  spawnSync(cc, [`-print-file-name=${name}`], { encoding: 'utf8' }).stdout.trim(),
);
const env = {
  ...process.env,
  PTFE_LIBRARY: resolve(root, 'build/sanitized/libptfe.so'),
  PTFE_ADDON: resolve(root, 'build/sanitized/ptfe_addon.node'),
  PTFE_ENGINE: resolve(root, 'dist/engine.mjs'),
  PTFE_PRELOAD: runtimes.join(':'),
  // The library is loaded into a Python that was not built for it, and 600 MB of address space are too little for ASan.
  ASAN_OPTIONS:
    'detect_leaks=0:abort_on_error=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=64:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const tests =
  process.argv.length > 2
    ? process.argv.slice(2)
    : ['host', 'cache', 'changing', 'engine_faults', 'fallback', 'resized', 'plan_file', 'report', 'plan_fuzz'];
const files = tests.map((name) => `test/delegate/${name}.test.ts`);
process.exitCode = run(process.execPath, ['node_modules/mocha/bin/mocha.js', ...files], env);
