import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Lacking } from '../../scripts/package/packaging.mjs';
import type { PrebuiltTarget } from '../../scripts/prebuilt.mjs';
import { repository } from '../host/repository.js';
import type { Lack } from '../host/skip.js';

/** What tests of packages share: they build one for this machine, install it in an empty place and use it there. */
const machines: Readonly<Record<string, PrebuiltTarget>> = { x64: 'x86_64', arm64: 'aarch64' };

/** This machine, with glibc: what tests run on. */
export const ownTarget = (): PrebuiltTarget => {
  const target = machines[process.arch];
  if (target === undefined) throw new Lacking('tool', `no package is made for ${process.arch}`);
  return target;
};

/** What `make` makes, or what it lacks. */
export function orLack<T>(make: () => T): { readonly made: T } | { readonly why: Lack } {
  try {
    return { made: make() };
  } catch (error) {
    if (error instanceof Lacking) return { why: `${error.lacks}: ${error.message}` };
    throw error;
  }
}

export interface Said {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program in an environment that has nothing of this checkout: no variable of ptfe's, a cache and a folder of its own. */
export function runThere(folder: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Said {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PTFE_|PYTHON|npm_|NODE_)/.test(name));
  const done = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...Object.fromEntries(kept), XDG_CACHE_HOME: join(folder, 'cache'), ...env },
  });
  return { status: done.status, out: done.stdout, err: `${done.stderr}${done.error?.message ?? ''}` };
}

/** All files below a folder, by their paths from it. */
export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

/** Those that name a folder of this machine. */
export const withPathsOfHere = (folder: string): readonly string[] =>
  filesBelow(folder).filter((file) => readFileSync(join(folder, file)).includes(repository));

/** Versions of glibc's symbols that a file asks for, such as 2.17; null where there is no readelf. */
export function glibcVersions(file: string): readonly string[] | null {
  const { status, stdout } = spawnSync('readelf', ['-W', '--version-info', file], { encoding: 'utf8' });
  if (status !== 0) return null;
  return [...new Set([...stdout.matchAll(/Name: GLIBC_([\d.]+)/g)].map(([, version = '']) => version))];
}

/** Not above 2.28, the oldest that packages promise. */
export const isOldEnough = (glibc: string): boolean => {
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  return major < 2 || (major === 2 && minor <= 28);
};
