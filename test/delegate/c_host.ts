import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourcesOf } from '../../scripts/sources.mjs';
import { repository } from '../host/python.js';
import { engine } from './host_program.js';

/**
 * fixtures/host.c, a C program that uses the delegate, and a delegate whose device can be made to fail. Both are built with
 * AddressSanitizer and UndefinedBehaviorSanitizer; `plain` ones too, for what sanitizers change (signals, privileges).
 */
export interface HostPrograms {
  readonly folder: string;
  readonly library: string;
  readonly program: string;
  readonly plainLibrary: string;
  readonly plainProgram: string;
  run(steps: readonly string[], how?: HowToRun): HostRun;
  /** The same, without waiting for its end; any number at a time. */
  start(steps: readonly string[], how?: HowToRun): Promise<HostRun>;
  remove(): void;
}

export interface HowToRun {
  readonly variables?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly library?: string;
  readonly plain?: boolean;
  /** A command that runs the rest. */
  readonly wrapper?: readonly string[];
}

export interface HostRun {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

const cc = process.env['CC'] ?? 'cc';
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

function compile(args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(cc, ['-std=c11', '-g', '-Wall', '-Wextra', '-Werror', ...args], {
    cwd: repository,
    encoding: 'utf8',
  });
  return status === 0 ? undefined : (error?.message ?? stderr);
}

const timesOf = (folder: string): readonly number[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => statSync(join(folder, name)).mtimeMs);

/** @returns the programs, or why there are none: a test skips with it */
export function buildHost(): HostPrograms | string {
  if (!existsSync(engine)) return 'the engine is not built (npm run build:engine)';
  const built = join(repository, 'build/test');
  mkdirSync(built, { recursive: true });
  const fixtures = join(import.meta.dirname, 'fixtures');
  const sources = [
    ...sourcesOf(repository, 'ptfe').filter((path) => path !== 'delegate/device/software.c'),
    join(fixtures, 'failing_device.c'),
  ];
  const library = ['-O1', '-fPIC', '-shared', '-fvisibility=hidden', '-DPTFE_VERSION="0.1.0"', ...sources];
  const libraries = ['-ldl', '-lpthread', '-lm'];
  const paths = {
    library: join(built, 'libptfe.so'),
    program: join(built, 'host'),
    plainLibrary: join(built, 'libplain.so'),
    plainProgram: join(built, 'plain-host'),
  };
  const newest = Math.max(...[join(repository, 'delegate'), fixtures].flatMap(timesOf));
  const made = Object.values(paths).map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0));
  if (Math.min(...made) < newest) {
    const failed =
      compile([...sanitizers, ...library, '-o', paths.library, ...libraries]) ??
      compile([...library, '-o', paths.plainLibrary, ...libraries]) ??
      compile([...sanitizers, join(fixtures, 'host.c'), '-o', paths.program, '-ldl']) ??
      compile(['-fno-builtin', '-rdynamic', join(fixtures, 'host.c'), '-o', paths.plainProgram, '-ldl']);
    if (failed !== undefined) return failed;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ptfe-host-'));
  const command = (steps: readonly string[], how: HowToRun): readonly [string, ...string[]] => {
    const [program, of] = how.plain === true ? [paths.plainProgram, paths.plainLibrary] : [paths.program, paths.library];
    const [first = program, ...rest] = [...(how.wrapper ?? []), program, how.library ?? of, ...steps];
    return [first, ...rest];
  };
  const environment = ({ variables = {} }: HowToRun): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PTFE_CACHE: 'off',
    PTFE_ENGINE: engine,
    PTFE_PARTS: 'all',
    ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
    ...variables,
  });
  return {
    folder,
    ...paths,
    run: (steps, how = {}) => {
      const [program, ...args] = command(steps, how);
      const done = spawnSync(program, args, {
        encoding: 'utf8',
        timeout: 60_000,
        env: environment(how),
        cwd: how.cwd ?? folder,
      });
      const { status, signal, stdout, stderr } = done;
      return { status, signal, stdout, stderr };
    },
    start: (steps, how = {}) =>
      new Promise((resolve) => {
        const [program, ...args] = command(steps, how);
        const child = spawn(program, args, { env: environment(how), cwd: how.cwd ?? folder });
        const text = { stdout: '', stderr: '' };
        child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString('utf8')));
        child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString('utf8')));
        child.once('close', (status, signal) => resolve({ status, signal, ...text }));
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
