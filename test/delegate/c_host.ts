import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { sourcesOf } from '../../scripts/sources.mjs';
import { demandFresh } from '../host/fresh.js';
import { compilerLack } from '../host/native_program.js';
import { repository } from '../host/repository.js';
import type { Lack } from '../host/skip.js';
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

const sanitizers = '-fsanitize=address,undefined -fno-sanitize-recover=all';

/** Objects with their headers as make sees them, so that only what changed is compiled. */
function makefile(built: string): string {
  const fixtures = join(import.meta.dirname, 'fixtures');
  const sources = [
    ...sourcesOf(repository, 'ptfe').filter((path) => path !== 'delegate/device/software.c'),
    relative(repository, join(fixtures, 'failing_device.c')),
  ];
  const host = relative(repository, join(fixtures, 'host.c'));
  const objects = (kind: string): string => sources.map((path) => `${built}/${kind}/${path}.o`).join(' ');
  const rules = (kind: string, flags: string): string => `
${built}/${kind}/%.c.o: %.c
\t@mkdir -p $(dir $@)
\t$(CC) -std=c11 -O0 -g1 -Wall -Wextra -Werror ${flags} -fPIC -fvisibility=hidden -DPTFE_VERSION='"0.1.0"' -MMD -MP -c $< -o $@
`;
  const link = (target: string, inputs: string, flags: string): string =>
    `${built}/${target}: ${inputs}\n\t$(CC) -g1 ${flags} ${inputs} -o $@ -ldl -lpthread -lm\n`;
  return [
    `CC ?= cc\nall: ${['libptfe.so', 'libplain.so', 'host', 'plain-host'].map((name) => `${built}/${name}`).join(' ')}\n`,
    rules('sanitized', sanitizers),
    rules('plain', '-fno-builtin'),
    link('libptfe.so', objects('sanitized'), `${sanitizers} -shared`),
    link('libplain.so', objects('plain'), '-shared'),
    link('host', `${built}/sanitized/${host}.o`, sanitizers),
    link('plain-host', `${built}/plain/${host}.o`, '-rdynamic'),
    `-include $(shell find ${built} -name '*.d')\n`,
  ].join('\n');
}

/** @returns the programs, or why there are none: a test skips with it */
export function buildHost(): HostPrograms | Lack {
  if (!existsSync(engine)) return 'tool: the engine is not built (npm run build:engine)';
  demandFresh('engine');
  const built = join(repository, 'build/test');
  mkdirSync(built, { recursive: true });
  writeFileSync(join(built, 'Makefile'), makefile('build/test'));
  const make = spawnSync('make', ['-s', `-j${availableParallelism()}`, '-f', 'build/test/Makefile'], {
    cwd: repository,
    encoding: 'utf8',
  });
  if (make.error !== undefined) return `tool: no make (${make.error.message})`;
  if (make.status !== 0) {
    const lack = compilerLack(sanitizers.split(' '));
    if (lack !== null) return lack;
    throw new Error(`the host in C does not compile:\n${make.stderr}`);
  }
  const paths = {
    library: join(built, 'libptfe.so'),
    program: join(built, 'host'),
    plainLibrary: join(built, 'libplain.so'),
    plainProgram: join(built, 'plain-host'),
  };
  const folder = mkdtempSync(join(tmpdir(), 'ptfe-host-'));
  const command = (steps: readonly string[], how: HowToRun): readonly [string, ...string[]] => {
    const [program, of] =
      how.plain === true ? [paths.plainProgram, paths.plainLibrary] : [paths.program, paths.library];
    const [first = program, ...rest] = [...(how.wrapper ?? []), program, how.library ?? of, ...steps];
    return [first, ...rest];
  };
  const environment = ({ variables = {} }: HowToRun): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    PTFE_CACHE: 'off',
    PTFE_DEVICE: 'software',
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
