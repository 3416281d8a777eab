/** The software NPU without the delegate around it: test programs in C, built where they are needed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { facts } from '../../src/hardware/facts.js';
import { repository } from '../host/repository.js';
import { type Lack, skip } from '../host/skip.js';

const here = join(repository, 'test/npu');
const sources = join(repository, 'delegate/npu');
const generated = join(repository, 'delegate/generated');
const output = join(repository, 'build/test-npu');

const files = (folder: string, ...endings: readonly string[]): readonly string[] =>
  readdirSync(folder)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name));

const age = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** @returns the program's path, or why it cannot be built */
export function buildNative(
  name: string,
  parts: readonly string[],
): { readonly path: string } | { readonly why: Lack } {
  const path = join(output, name);
  const units = [...parts.map((part) => join(here, part)), ...files(sources, '.c')];
  const inputs = [...units, ...files(sources, '.h'), ...files(here, '.h'), ...files(generated, '.h')];
  if (inputs.every((input) => age(input) < age(path))) return { path };
  mkdirSync(output, { recursive: true });
  const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror'];
  const { status, stderr, error } = spawnSync(process.env['CC'] ?? 'cc', [...flags, '-o', path, ...units], {
    encoding: 'utf8',
  });
  if (error !== undefined) return { why: `tool: no C compiler (${error.message})` };
  if (status !== 0) throw new Error(`${name} does not compile:\n${stderr}`);
  return { path };
}

/** The driver's path, for a `before` hook; skips the suite where there is no compiler. */
export function driverOrSkip(context: Mocha.Context): string {
  const built = buildNative('driver', ['driver.c']);
  if ('path' in built) return built.path;
  return skip(context, built.why);
}

export interface Region {
  readonly iova: number;
  readonly bytes: Uint8Array;
  readonly constant?: boolean;
}

export interface Start {
  readonly regcmd: number;
  readonly words: number;
}

export interface Run {
  readonly regions: readonly Region[];
  /** With `chained`: the first of `count` tasks that the tail words link. */
  readonly tasks: readonly Start[];
  readonly chained?: number;
  readonly path?: 'scalar' | 'portable';
  readonly facts?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly refusal: string | null;
  /** Regions after the run, in the order of the request. */
  readonly regions: readonly Uint8Array[];
}

const flagBits = { scalar: 1, portable: 2, chained: 4 } as const;

const word = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer);

const request = (run: Run): readonly Uint8Array[] => {
  const flips = Object.entries(run.facts ?? {}).map(([name, value]) => {
    const fact = facts.findIndex((one) => one.name === name);
    const choice = facts[fact]?.values.indexOf(value) ?? -1;
    if (choice < 0) throw new Error(`no fact ${name}=${value}`);
    return [fact, choice] as const;
  });
  const flags = (run.path === undefined ? 0 : flagBits[run.path]) | (run.chained === undefined ? 0 : flagBits.chained);
  const tasks = run.chained === undefined ? run.tasks : Array.from({ length: run.chained }, () => run.tasks[0]);
  return [
    word(flags),
    word(flips.length),
    ...flips.flat().map(word),
    word(run.regions.length),
    ...run.regions.flatMap(({ iova, bytes, constant }) => [
      word(iova),
      word(constant === true ? 1 : 0),
      word(bytes.length),
      bytes,
    ]),
    word(tasks.length),
    ...tasks.flatMap((task) => [word(task?.regcmd ?? 0), word(task?.words ?? 0)]),
  ];
};

const textBytes = 256;

/** Runs programs one after the other in one process, each on memory of its own. */
export function runNative(driver: string, runs: readonly Run[]): readonly Answer[] {
  const { status, stdout, error } = spawnSync(driver, {
    input: Buffer.concat(runs.flatMap(request)),
    maxBuffer: 2 ** 31,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`the driver ended with ${status}`);
  let at = 0;
  return runs.map((run) => {
    const result = stdout.readInt32LE(at);
    const text = stdout.subarray(at + 20, at + 20 + textBytes).toString('utf8');
    at += 20 + textBytes;
    const regions = run.regions.map(({ bytes, constant }) => {
      if (constant === true) return bytes;
      at += bytes.length;
      return stdout.subarray(at - bytes.length, at);
    });
    return { refusal: result === 0 ? null : text.replace(/\0.*$/s, ''), regions };
  });
}
