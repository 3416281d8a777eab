/** The pretended rocket driver (rocket/), built for this machine, and programs that run on it. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { repository } from './repository.js';
import type { Lack } from './skip.js';

const here = join(import.meta.dirname, 'rocket');

const sources = (): readonly string[] =>
  [here, join(repository, 'delegate/npu')].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.c'))
      .map((file) => relative(repository, join(folder, file))),
  );

const makefile = (built: string): string => {
  const objects = sources()
    .map((path) => `${built}/${path}.o`)
    .join(' ');
  const flags = '-std=gnu11 -O2 -g1 -Wall -Wextra -Werror -fPIC -fvisibility=hidden -ffp-contract=off';
  const shown = `${built}/test/host/rocket/preload.c.o`;
  return `CC ?= cc
all: ${built}/rocket.so ${built}/host ${built}/answers
${shown}: VISIBLE = -fvisibility=default
${built}/%.c.o: %.c
\t@mkdir -p $(dir $@)
\t$(CC) ${flags} $(VISIBLE) -MMD -MP -c $< -o $@
${built}/rocket.so: ${objects}
\t$(CC) -shared ${objects} -Wl,-Bsymbolic -o $@ -ldl -lpthread -lm
${built}/host ${built}/answers: ${built}/%: test/kernel/guest/%.c
\t$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -MMD -MP -MF $@.d $< -o $@ -ldl -lpthread
-include $(shell find ${built} -name '*.d' 2>/dev/null)
`;
};

export interface Built {
  /** To be preloaded. */
  readonly driver: string;
  /** test/kernel/guest/host.c. */
  readonly host: string;
  /** test/kernel/guest/answers.c. */
  readonly answers: string;
}

/** @returns why there is none: a test skips with it */
export const buildRocket = (): Built | Lack => {
  const built = 'build/rocket';
  mkdirSync(join(repository, built), { recursive: true });
  writeFileSync(join(repository, built, 'Makefile'), makefile(built));
  const args = ['-s', `-j${availableParallelism()}`, '-f', `${built}/Makefile`];
  const { status, stderr, error } = spawnSync('make', args, { cwd: repository, encoding: 'utf8' });
  if (error !== undefined) return `tool: no make (${error.message})`;
  if (status !== 0) throw new Error(`the pretended driver does not compile:\n${stderr}`);
  return {
    driver: join(repository, built, 'rocket.so'),
    host: join(repository, built, 'host'),
    answers: join(repository, built, 'answers'),
  };
};

/** What of a board is there: files under /dev/accel, /sys and /proc. */
export interface Board {
  /** Path -> bytes. */
  readonly files: Readonly<Record<string, string>>;
  /** Those that nobody may open. */
  readonly locked?: readonly string[];
}

const core = (index: number, chip: string): Readonly<Record<string, string>> => ({
  [`/sys/bus/platform/drivers/rocket/fda${index}0000.npu/uevent`]: `DRIVER=rocket\nOF_NAME=npu\nOF_COMPATIBLE_0=rockchip,${chip}-rknn-core\nOF_COMPATIBLE_N=1\n`,
});

const tree = (chip: string): Readonly<Record<string, string>> => ({
  '/sys/firmware/devicetree/base/compatible': `radxa,rock-5b\0rockchip,${chip}\0`,
});

const loaded = { '/sys/module/rocket/initstate': 'live\n', '/sys/bus/platform/drivers/rocket/bind': '' };

export const pieces = { core, tree, loaded, node: { '/dev/accel/accel0': 'rocket' } } as const;

/** An RK3588 with everything in place. */
export const board: Board = {
  files: {
    ...loaded,
    ...core(0, 'rk3588'),
    ...core(1, 'rk3588'),
    ...core(2, 'rk3588'),
    ...tree('rk3588'),
    ...pieces.node,
  },
};

export interface Left {
  /** Open, with a BO made on them. */
  readonly files: number;
  readonly opens: number;
  readonly bos: number;
  readonly mapped: number;
  readonly create: number;
  readonly close: number;
  readonly submit: number;
  readonly prep: number;
  readonly fini: number;
  readonly mostBos: number;
}

export interface TracedBo {
  readonly handle: number;
  readonly iova: number;
  readonly written: boolean;
}

export interface TracedJob {
  readonly file: number;
  readonly tasks: number;
  readonly in: readonly TracedBo[];
  readonly out: readonly TracedBo[];
  /** A task writes a BO that the job does not list. */
  readonly unlisted: boolean;
}

/** A folder that is a board, for the programs of one test. */
export class PretendedBoard {
  readonly root = mkdtempSync(join(tmpdir(), 'ptfe-rocket-'));

  constructor({ files, locked = [] }: Board = board) {
    mkdirSync(this.root, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), text);
    }
    for (const path of locked) chmodSync(join(this.root, path), 0);
  }

  private lines(name: string): readonly string[] {
    const path = join(this.root, name);
    return existsSync(path)
      ? readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  }

  /** What the kernel logged. */
  dmesg(): readonly string[] {
    return this.lines('dmesg');
  }

  /** Of each process that opened a node, when it ended. */
  left(): readonly Left[] {
    return this.lines('report').map((line) => JSON.parse(line) as Left);
  }

  jobs(): readonly TracedJob[] {
    return this.lines('trace').map((line) => JSON.parse(line) as TracedJob);
  }

  /** How often the call of ROCKET_FAIL was made. */
  calls(): number {
    return Number(this.lines('calls')[0]);
  }

  /** How the process waited at its end, ns. */
  waits(): readonly { readonly since: number; readonly slept: number }[] {
    return this.lines('waits').map((line) => JSON.parse(line) as { since: number; slept: number });
  }

  forget(): void {
    for (const name of ['waits', 'dmesg', 'report', 'trace', 'calls', 'core0', 'core1', 'core2'])
      rmSync(join(this.root, name), { force: true });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface Ran {
  readonly status: number | null;
  readonly signal: string | null;
  readonly text: string;
}

/** @returns when it has ended; stdout and stderr together, as on a console */
export const runProgram = (
  command: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>>,
): Promise<Ran> =>
  new Promise((resolve) => {
    const [program, ...args] = command;
    const child = spawn(program, args, { env: { PATH: process.env['PATH'] ?? '', ...variables } });
    let text = '';
    const add = (chunk: Buffer): string => (text += chunk.toString('utf8'));
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('close', (status, signal) => resolve({ status, signal, text }));
  });
