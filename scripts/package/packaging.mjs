// What all packages need: fresh builds, and the tool from PyPI that makes wheels.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prebuild, prebuildAddon } from '../prebuilt.mjs';
import { staleReason } from '../stale.mjs';

export const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
export const packageFolder = join(root, 'build/packages');
export const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** What cannot be had here: `lacks` is a class of test/host/skip.ts. */
export class Lacking extends Error {
  constructor(lacks, why) {
    super(why);
    this.lacks = lacks;
  }
}

/** @throws what the program said, where it failed */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (done.status === 0) return done.stdout;
  throw new Error(`${command} ${args.join(' ')} failed:\n${done.stdout ?? ''}${done.stderr ?? ''}${done.error ?? ''}`);
}

/** dist/, built where it is older than its sources. */
export function bundles() {
  if (staleReason(root, 'engine') !== null) run(process.execPath, [join(root, 'scripts/build-engine.mjs')]);
  return join(root, 'dist');
}

/** dist/types, made where they are older than the sources. */
export function types() {
  const made = statSync(join(root, 'dist/types/index.d.ts'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((name) => join(root, 'src', name));
  const settings = ['tsconfig.json', 'tsconfig.types.json'].map((name) => join(root, name));
  if ([...sources, ...settings].every((file) => statSync(file).mtimeMs < made)) return;
  const emitted = join(root, 'dist/types');
  rmSync(emitted, { recursive: true, force: true }); // a module that is gone leaves none behind
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  // `npm run lint` has checked them.
  run(process.execPath, [tsc, '-p', join(root, 'tsconfig.types.json'), '--noCheck']);
}

/** libptfe.so and ptfe_addon.node of a machine. @throws Lacking where there is no compiler */
export function nativeFiles(target) {
  return [prebuild, prebuildAddon].map((build) => {
    const built = build(root, target);
    if ('why' in built) throw new Lacking(built.lacks, built.why);
    return built.path;
  });
}

const tools = ['hatchling==1.33.0'];

/** A Python with it. @throws Lacking where they cannot be had */
export function packagingPython() {
  const folder = join(root, '.cache/python/packaging');
  const python = join(folder, 'bin/python');
  const stamp = join(folder, 'ptfe-stamp');
  if (existsSync(stamp) && existsSync(python) && readFileSync(stamp, 'utf8') === tools.join()) return python;
  rmSync(folder, { recursive: true, force: true });
  const base = process.env.PTFE_PYTHON ?? 'python3';
  if (spawnSync(base, ['-m', 'venv', folder]).status !== 0) throw new Lacking('tool', `${base} -m venv fails`);
  const flags = ['--disable-pip-version-check', '--quiet', '--retries', '1', '--timeout', '20'];
  const { status, stderr } = spawnSync(python, ['-m', 'pip', 'install', ...flags, ...tools], { encoding: 'utf8' });
  if (status !== 0) throw new Lacking('network', `pip cannot install ${tools.join(' ')}: ${stderr.trim()}`);
  writeFileSync(stamp, tools.join());
  return python;
}
