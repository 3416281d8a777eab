/** The delegate's plan cache, as delegate/compile/cache.c chooses its folder and delegate/compile/cache_folder.c names its files. */
import { readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** @returns null where PTFE_CACHE says `off` */
export const cacheFolder = (environment: Readonly<Record<string, string | undefined>>): string | null => {
  const wanted = environment['PTFE_CACHE'] ?? '';
  if (wanted === 'off') return null;
  if (wanted !== '') return wanted.startsWith('~/') ? join(homedir(), wanted.slice(2)) : wanted;
  const base = environment['XDG_CACHE_HOME'] ?? '';
  return join(base.startsWith('/') ? base : join(homedir(), '.cache'), 'ptfe');
};

/** Plans, digests of what was read before, V8's code of the compiler; locks; what a process that ended left unfinished. */
const ours = /^[0-9a-f]{64}\.(?:plan|memo|code|lock)(?:\..*)?$/;
const isEntry = (name: string): boolean => /^[0-9a-f]{64}\.plan$/.test(name);

export interface CacheEntry {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was used last; the delegate notes that once a day. */
  readonly used: Date;
}

/** All files of the cache in a folder, plans or not; other people's files are not among them. */
export const cacheFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && ours.test(entry.name))
    .map((entry) => join(folder, entry.name));

/** The one used last comes first. */
export const cacheEntries = (folder: string): readonly CacheEntry[] =>
  cacheFiles(folder)
    .map((path) => ({ path, name: path.slice(folder.length + 1) }))
    .filter(({ name }) => isEntry(name))
    .map(({ path, name }) => {
      const { size, mtime } = statSync(path);
      return { name, path, bytes: size, used: mtime };
    })
    .sort((a, b) => b.used.getTime() - a.used.getTime());
