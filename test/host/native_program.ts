/** Test programs in C, built where they are needed: with a sanitizer, or as fast as they go. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

const output = join(repository, 'build/test-native');
const delegate = join(repository, 'delegate');

const filesOf = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));

/** Everything that loads and runs plans; no TFLite. */
export const planUnits: readonly string[] = [
  ...['plan', 'device', 'npu'].flatMap((room) => filesOf(join(delegate, room), '.c')),
  ...['error', 'file_read', 'sha256', 'sha256_x86', 'sha256_arm'].map((name) => join(delegate, `util/${name}.c`)),
];

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

export interface Program {
  readonly name: string;
  readonly units: readonly string[];
  readonly flags: readonly string[];
  /** For the linker alone. */
  readonly linking?: readonly string[];
}

export type Built = { readonly path: string } | { readonly why: Lack };

const compiler = process.env['CC'] ?? 'cc';
const common = ['-std=c11', '-g', '-Wall', '-Wextra', '-Werror', '-DPTFE_VERSION="test"'];
const usable = new Map<string, Lack | null>();

/** Why a program with these flags cannot be had here; null when it can. */
export function compilerLack(flags: readonly string[]): Lack | null {
  const key = flags.join(' ');
  const known = usable.get(key);
  if (known !== undefined) return known;
  const source = join(output, 'probe.c');
  mkdirSync(output, { recursive: true });
  writeFileSync(source, 'int main(void) { return 0; }\n');
  const probe = join(output, `probe${usable.size}`);
  const { status, error } = spawnSync(compiler, [...flags, '-o', probe, source], { encoding: 'utf8' });
  const runs = status === 0 && spawnSync(probe).status === 0;
  const why: Lack | null =
    error !== undefined ? `tool: no C compiler (${error.message})` : runs ? null : `tool: ${compiler} has no ${key}`;
  usable.set(key, why);
  return why;
}

/** @returns the program's path, or why it cannot be built; an error in the program itself throws */
export function buildProgram({ name, units, flags, linking = [] }: Program): Built {
  const path = join(output, name);
  const why = compilerLack(flags);
  if (why !== null) return { why };
  const headers = [...new Set([...units.map((unit) => dirname(unit)), join(delegate, 'generated')])].flatMap((folder) =>
    filesOf(folder, '.h'),
  );
  if ([...units, ...headers].every((input) => age(input) < age(path))) return { path };
  const { status, stderr } = spawnSync(
    compiler,
    [...common, ...flags, '-o', path, ...units, ...linking, '-lm', '-lpthread', '-ldl'],
    {
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`${name} does not compile:\n${stderr}`);
  return { path };
}

export const addressSanitizer = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'] as const;
