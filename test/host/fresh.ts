import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repository } from './python.js';

/** Tests of the delegate run what was built; what was built of other sources tells nothing. */
const madeOf = {
  engine: { output: 'dist/engine.mjs', sources: ['src'], command: 'npm run build:engine' },
  delegate: {
    output: 'build/Release/libptfe.so',
    sources: ['delegate', 'binding.gyp'],
    command: 'npm run build:native',
  },
} as const;

export type Built = keyof typeof madeOf;

/** The newest file at or below a path, with its time. */
const newest = (path: string): readonly [string, number] => {
  const stats = statSync(path);
  if (!stats.isDirectory()) return [path, stats.mtimeMs];
  return readdirSync(path).reduce<readonly [string, number]>(
    (found, name) => {
      const one = newest(join(path, name));
      return one[1] > found[1] ? one : found;
    },
    [path, 0],
  );
};

const checked = new Map<Built, string | null>();

const staleReason = (built: Built): string | null => {
  const { output, sources, command } = madeOf[built];
  const file = join(repository, output);
  if (!existsSync(file)) return null;
  const made = statSync(file).mtimeMs;
  for (const source of sources) {
    const [path, time] = newest(join(repository, source));
    if (time > made) return `${output} is older than ${relative(repository, path)}: ${command}`;
  }
  return null;
};

/** @throws Error where an output that exists is older than one of its sources */
export function demandFresh(...outputs: readonly Built[]): void {
  for (const built of outputs) {
    const why = checked.get(built) ?? staleReason(built);
    checked.set(built, why);
    if (why !== null) throw new Error(why);
  }
}
