// Python wheels: the package of python/, with library, addon and the bundles of dist/ inside, one for each kind of machine.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bundles, nativeFiles, packageFolder, packagingPython, root, run, version } from './packaging.mjs';

/** glibc 2.28 and later; musl 1.2 and later (PEP 600, PEP 656). */
export const wheelTags = {
  aarch64: 'manylinux_2_28_aarch64',
  'aarch64-musl': 'musllinux_1_2_aarch64',
  x86_64: 'manylinux_2_28_x86_64',
  'x86_64-musl': 'musllinux_1_2_x86_64',
};

export const wheelName = (target) => `ptfe-${version}-py3-none-${wheelTags[target]}.whl`;

/** @returns the wheel's path @throws Lacking where a tool cannot be had */
export function makeWheel(target) {
  const python = packagingPython();
  const files = nativeFiles(target);
  const dist = bundles();
  const folder = join(root, 'build/wheel', target);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'ptfe'), { recursive: true });
  const put = (from, to) => cpSync(from, join(folder, to), { preserveTimestamps: true });
  for (const name of ['README.md', 'hatch_build.py']) put(join(root, 'python', name), name);
  for (const name of ['LICENSE', 'THIRD_PARTY_NOTICES']) put(join(root, name), name);
  for (const name of readdirSync(join(root, 'python/ptfe')).filter((name) => name !== '__pycache__'))
    put(join(root, 'python/ptfe', name), `ptfe/${name}`);
  for (const name of ['engine.mjs', 'cli.mjs']) put(join(dist, name), `ptfe/${name}`);
  put(join(root, 'python/reference.py'), 'ptfe/reference.py');
  for (const file of files) put(file, `ptfe/${basename(file)}`);
  writeFileSync(join(folder, 'ptfe/_version.py'), `__version__ = "${version}"\n`);
  const project = readFileSync(join(root, 'python/pyproject.toml'), 'utf8');
  writeFileSync(join(folder, 'pyproject.toml'), `${project}tag = "py3-none-${wheelTags[target]}"\n`);
  run(python, ['-m', 'hatchling', 'build', '-t', 'wheel', '-d', packageFolder], { cwd: folder });
  return join(packageFolder, wheelName(target));
}
