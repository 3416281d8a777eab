import { spawnSync, type SpawnSyncOptions } from 'node:child_process';

/** What stops the kernel test without being a failure of the product: a network, a package, a right that is not there. */
export class CannotSetUp extends Error {}

export interface Ran {
  readonly ok: boolean;
  readonly stdout: string;
  /** The last line that says something, for a message. */
  readonly why: string;
}

export const tryRun = (command: string, args: readonly string[], options: SpawnSyncOptions = {}): Ran => {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    timeout: 600_000,
    maxBuffer: 1 << 28,
    ...options,
    encoding: 'utf8',
  });
  const lines = `${stdout ?? ''}\n${stderr ?? ''}\n${error?.message ?? ''}`.trim().split('\n');
  return { ok: status === 0, stdout: stdout ?? '', why: lines.findLast((line) => line.trim() !== '') ?? 'no output' };
};

/** @throws CannotSetUp where the command fails */
export const run = (
  title: string,
  command: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): string => {
  const { ok, stdout, why } = tryRun(command, args, options);
  if (!ok) throw new CannotSetUp(`${title}: ${why}`);
  return stdout;
};
