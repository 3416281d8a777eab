// Builds build/wasm/ptfe_addon.wasm: the same addon through node-gyp and emnapi. The compiler is Debian's clang with
// wasi-libc, or zig from PyPI in a private environment (no root). Exit status 3: no compiler could be had.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findZig, zigFolder } from './zig.mjs';

const root = resolve(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);
const gyp = require.resolve('node-gyp/bin/node-gyp.js');
const emnapi = dirname(require.resolve('emnapi'));
const work = join(root, 'build/wasm');

const runs = (command, ...args) => spawnSync(command, args, { encoding: 'utf8' }).status === 0;

/** clang's name where it can make WebAssembly with a libc, its linker and its archiver. */
function debianClang() {
  const probe = ['--target=wasm32-wasi', '-x', 'c', '-fsyntax-only', '-'];
  for (const version of ['-19', '-14', '']) {
    const clang = `clang${version}`;
    const compiles = spawnSync(clang, probe, { input: '#include <string.h>\n' }).status === 0;
    if (compiles && runs(`llvm-ar${version}`, '--version') && runs(`wasm-ld${version}`, '--version')) {
      return { clang, archiver: `llvm-ar${version}` };
    }
  }
  return null;
}

/** zig behind a script that spells the switches of wasm-ld in zig's way. */
function zig() {
  const found = findZig();
  if ('why' in found) return null;
  const { python } = found;
  const script = (name, body) => {
    const file = join(zigFolder, name);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const swap =
    `a=; for x; do case "$x" in\n-Wl,--import-undefined) x=-Wl,--import-symbols;;\n` +
    `-Wl,--export-if-defined=*) x=-Wl,--export=\${x#*defined=};;\n-Wl,-zstack-size=*) x=-Wl,-z,stack-size=\${x#*size=};;\nesac; ` +
    `set -- "$@" "$x"; shift; done`;
  const clang = script('wasm-cc', `${swap}\nexec "${python}" -m ziglang cc -target wasm32-wasi -s "$@"`);
  return { clang, archiver: script('wasm-ar', `exec "${python}" -m ziglang ar "$@"`) };
}

const compiler = debianClang() ?? zig();
if (compiler === null) {
  console.error('no compiler for WebAssembly: neither clang with wasi-libc nor ziglang from PyPI');
  process.exit(3);
}

// node-gyp empties build/: this build has a folder of its own, with links to the sources.
rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, 'tree'), { recursive: true });
for (const name of ['delegate', 'node_modules', 'package.json', 'binding.gyp']) {
  spawnSync('ln', ['-s', join(root, name), join(work, 'tree', name)]);
}
const env = {
  ...process.env,
  GYP_CROSSCOMPILE: '1',
  CC_target: compiler.clang,
  CXX_target: compiler.clang, // gyp links with CXX; the addon is C
  AR_target: compiler.archiver,
};
delete env.npm_config_nodedir;
const args = ['rebuild', '--arch=wasm32', `--nodedir=${emnapi}`, '--', '-f', 'make-wasi', '-Demnapi_manual_linking=1'];
const done = spawnSync(process.execPath, [gyp, ...args], { cwd: join(work, 'tree'), env, encoding: 'utf8' });
const made = join(work, 'tree/build/Release/ptfe_addon.wasm');
if (done.status !== 0 || !existsSync(made)) {
  process.stderr.write(
    `${done.stdout ?? ''}${done.stderr ?? ''}\nbuilding the WebAssembly addon failed (${compiler.clang})\n`,
  );
  process.exit(1);
}
copyFileSync(made, join(work, 'ptfe_addon.wasm'));
rmSync(join(work, 'tree'), { recursive: true });
const size = readFileSync(join(work, 'ptfe_addon.wasm')).length;
console.log(
  `build/wasm/ptfe_addon.wasm: ${size} bytes, ${compiler.clang.endsWith('wasm-cc') ? 'zig' : compiler.clang}`,
);
