import { spawnSync, type SpawnSyncOptions } from 'node:child_process';

/** What stops a set-up without being a failure of the product: a network, a package, a right, or time that is not there. */
export class CannotSetUp extends Error {}

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line that says something, for a message. */
  readonly why: string;
}

export interface Runner {
  readonly tryRun: (command: string, args: readonly string[], options?: SpawnSyncOptions) => Ran;
  /** @throws CannotSetUp where the command fails */
  readonly run: (title: string, command: string, args: readonly string[], options?: SpawnSyncOptions) => string;
}

const longest = 600_000;

/** Commands, one after the other. @param until Date.now() at which each of them must have ended */
export const runner = (until = Infinity): Runner => {
  const tryRun: Runner['tryRun'] = (command, args, options = {}) => {
    const timeout = Math.min(longest, until - Date.now());
    if (timeout <= 0) return { ok: false, stdout: '', why: 'no time was left' };
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      timeout,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
      ...options,
      encoding: 'utf8',
    });
    const isLate = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT';
    const text = isLate
      ? `not done within the ${(timeout / 1000).toFixed(0)} s that were left`
      : `${stdout ?? ''}\n${stderr ?? ''}\n${error?.message ?? ''}`;
    const why = text.split('\n').findLast((line) => line.trim() !== '') ?? 'no output';
    return { ok: status === 0, stdout: stdout ?? '', why };
  };
  const run: Runner['run'] = (title, command, args, options) => {
    const { ok, stdout, why } = tryRun(command, args, options);
    if (!ok) throw new CannotSetUp(`${title}: ${why}`);
    return stdout;
  };
  return { tryRun, run };
};
