import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './python.js';
import { findZig, zigCompile } from './zig.js';

interface Target {
  readonly target_name: string;
  readonly sources: readonly string[];
}

interface Gyp {
  readonly variables: Readonly<Record<string, readonly string[]>>;
  readonly conditions: readonly (readonly [string, { readonly targets: readonly Target[] }])[];
}

/** The C files of libptfe.so as binding.gyp lists them. */
const librarySources = (): readonly string[] => {
  const gyp = JSON.parse(readFileSync(join(repository, 'binding.gyp'), 'utf8')) as Gyp;
  const target = gyp.conditions.flatMap(([, { targets }]) => targets).find(({ target_name: name }) => name === 'ptfe');
  return (target?.sources ?? []).flatMap((source) => {
    const list = /^<@\((\w+)\)$/.exec(source)?.[1];
    return list === undefined ? [source] : (gyp.variables[list] ?? []);
  });
};

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** libptfe.so for aarch64, as a board would load it. @returns its path, or why there is none */
export function aarch64Library(): string | { readonly why: string } {
  const zig = findZig();
  if ('why' in zig) return zig;
  const output = join(repository, 'build/aarch64/libptfe.so');
  const sources = librarySources().map((source) => join(repository, source));
  if (sources.every((source) => age(source) < age(output))) return output;
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string };
  const strict = ['-std=c11', '-O3', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden', '-ffp-contract=off'];
  const args = [
    ...strict,
    '-shared',
    '-fPIC',
    '-Wl,-z,nodelete',
    `-DPTFE_VERSION="${version}"`,
    ...sources,
    '-o',
    output,
    '-ldl',
    '-lpthread',
    '-lm',
  ];
  const failed = zigCompile(zig, 'aarch64-linux-gnu.2.28', args);
  if (failed !== null) throw new Error(`libptfe.so does not compile for aarch64:\n${failed}`);
  return output;
}
