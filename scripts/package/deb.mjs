// Packages for Debian and what descends from it: the library where the linker looks, the tools in PATH, the NPU's node for the
// group render, and ptfe where programs look for Mesa's Teflon.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundles, Lacking, nativeFiles, packageFolder, root, run, version } from './packaging.mjs';

/** Debian's names; its C library is glibc. */
export const debMachines = {
  aarch64: { architecture: 'arm64', triplet: 'aarch64-linux-gnu' },
  x86_64: { architecture: 'amd64', triplet: 'x86_64-linux-gnu' },
};

const templates = join(root, 'scripts/package/debian');
const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const control = ({ architecture, kibibytes }) =>
  [
    'Package: ptfe',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    'Maintainer: The ptfe authors <ptfe@localhost>',
    `Installed-Size: ${kibibytes}`,
    'Depends: libc6 (>= 2.28)',
    `Recommends: nodejs (>= ${engines.node.replace('>=', '')})`,
    'Section: misc',
    'Priority: optional',
    "Description: TFLite models on Rockchip's NPU (RK3588)",
    ' A TFLite external delegate on the mainline kernel driver (rocket), drop-in where',
    " Mesa's Teflon is used, with its compiler and tools. The compiler runs in Node, once",
    ' for each model; plans that were compiled elsewhere need none.',
    '',
  ].join('\n');

const copyright = () =>
  ['LICENSE', 'THIRD_PARTY_NOTICES'].map((name) => readFileSync(join(root, name), 'utf8')).join('\n');

/** Pages for those who change ptfe stay in the repository. */
const developerPages = ['runbook.md', 'testing.md'];

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** What stands where on the machine. */
function lay(folder, { triplet }, [library, addon]) {
  const dist = bundles();
  const put = (path, from, mode = 0o644) => write(path, readFileSync(from), mode);
  const write = (path, content, mode = 0o644) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode });
  };
  put(`usr/lib/${triplet}/libptfe.so`, library);
  put(`usr/lib/${triplet}/ptfe/ptfe_addon.node`, addon);
  put('usr/share/ptfe/engine.mjs', join(dist, 'engine.mjs'));
  put('usr/share/ptfe/cli.mjs', join(dist, 'cli.mjs'), 0o755);
  put('usr/share/ptfe/reference.py', join(root, 'python/reference.py'));
  put('usr/include/ptfe.h', join(root, 'delegate/include/ptfe.h'));
  put('usr/lib/udev/rules.d/60-ptfe.rules', join(templates, '60-ptfe.rules'));
  write('usr/share/doc/ptfe/copyright', copyright());
  write('usr/share/doc/ptfe/changelog.gz', gzipSync(readFileSync(join(root, 'CHANGELOG.md')), { level: 9 }));
  for (const name of readdirSync(join(root, 'docs'))) {
    if (name.endsWith('.md') && !developerPages.includes(name))
      cpSync(join(root, 'docs', name), join(folder, 'usr/share/doc/ptfe', name));
  }
  mkdirSync(join(folder, 'usr/bin'));
  symlinkSync('../share/ptfe/cli.mjs', join(folder, 'usr/bin/ptfe'));
  // LiteRT looks for a name in a folder (docs/litert.md).
  const litert = join(folder, `usr/lib/${triplet}/ptfe/litert`);
  mkdirSync(litert);
  symlinkSync('../../libptfe.so', join(litert, 'libLiteRtDispatch_Rockchip.so'));
}

function describe(folder, { architecture, triplet }) {
  const files = filesBelow(folder);
  const bytes = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  const md5 = (file) =>
    createHash('md5')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
  const sums = files.map((file) => `${md5(file)}  ${file}\n`).join('');
  mkdirSync(join(folder, 'DEBIAN'));
  const write = (name, text, mode = 0o644) => writeFileSync(join(folder, 'DEBIAN', name), text, { mode });
  write('control', control({ architecture, kibibytes: Math.ceil(bytes / 1024) }));
  write('md5sums', sums);
  write('triggers', readFileSync(join(templates, 'triggers')));
  for (const name of ['postinst', 'prerm'])
    write(name, readFileSync(join(templates, name), 'utf8').replaceAll('@TRIPLET@', triplet), 0o755);
}

/** @returns the package's path @throws Lacking where a tool cannot be had */
export function makeDeb(target) {
  if (spawnSync('dpkg-deb', ['--version']).status !== 0) throw new Lacking('tool', 'no dpkg-deb (package dpkg)');
  const machine = debMachines[target];
  const folder = join(root, 'build/deb', target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  mkdirSync(packageFolder, { recursive: true });
  const mask = process.umask(0o022);
  lay(folder, machine, nativeFiles(target));
  describe(folder, machine);
  process.umask(mask);
  const made = join(packageFolder, `ptfe_${version}_${machine.architecture}.deb`);
  // Equal files make equal packages: no file is newer than hatchling's date in wheels.
  const env = { ...process.env, SOURCE_DATE_EPOCH: process.env.SOURCE_DATE_EPOCH ?? '1580601600' };
  run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', folder, made], { env });
  return made;
}
