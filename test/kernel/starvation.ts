/** How much of the time that processes were ready to run no processor was free for them (Linux: schedstat, and stolen time). */
import { readdirSync, readFileSync } from 'node:fs';

export interface Share {
  /** Seconds since the processes began. */
  readonly ran: number;
  readonly waited: number;
}

const nothing: Share = { ran: 0, waited: 0 };

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the thread has ended
  }
};

const threadsOf = (pid: number): readonly string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
};

const ofThread = (pid: number, thread: string): Share => {
  const [ran, waited] = read(`/proc/${pid}/task/${thread}/schedstat`).split(' ').map(Number);
  return ran === undefined || waited === undefined ? nothing : { ran: ran / 1e9, waited: waited / 1e9 };
};

const plus = (a: Share, b: Share): Share => ({ ran: a.ran + b.ran, waited: a.waited + b.waited });

/** Taken by other virtual machines. */
const stolen = (): number => Number(/^cpu +(?:\d+ +){7}(\d+)/.exec(read('/proc/stat'))?.[1] ?? 0) / 100;

export const shareOf = (pids: readonly number[]): Share =>
  pids
    .flatMap((pid) => threadsOf(pid).map((thread) => ofThread(pid, thread)))
    .reduce(plus, { ran: 0, waited: stolen() });

/** Between two looks: 0 where a processor was always free, near 1 where hardly ever. */
export const starvation = (before: Share, after: Share): number => {
  const [ran, waited] = [after.ran - before.ran, after.waited - before.waited];
  return waited <= 0 ? 0 : waited / (Math.max(0, ran) + waited);
};
