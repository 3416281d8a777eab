/**
 * The order of operations on the queues. One core: one job with all tasks in the order of the graph, as the stock kernel
 * starts each task by itself and a reordering hides nothing. A step of the host ends a job: the next one waits for it.
 */
import { isHostStep, type Step } from '../tile/task.js';

export interface Job {
  /** Operations of this job, by position, in order. */
  readonly operations: readonly number[];
  /** Queue (one file descriptor of the kernel driver), not a physical core. */
  readonly core: number;
}

export interface Schedule {
  readonly jobs: readonly Job[];
  /** Steps of the host, by position, and the job that starts when they have ended (behind the last job: their count). */
  readonly host: readonly { readonly operation: number; readonly beforeJob: number }[];
}

/** @param apart each operation as a job of its own: for tools that look into the arena between them */
export const scheduleJobs = (steps: readonly Step[], apart = false): Schedule => {
  const jobs: Job[] = [];
  const host: { readonly operation: number; readonly beforeJob: number }[] = [];
  let run: number[] = [];
  const endJob = (): void => {
    if (run.length > 0) jobs.push({ operations: run, core: 0 });
    run = [];
  };
  for (const [position, step] of steps.entries()) {
    if (!isHostStep(step)) {
      run.push(position);
      if (apart) endJob();
      continue;
    }
    endJob();
    host.push({ operation: position, beforeJob: jobs.length });
  }
  endJob();
  return { jobs, host };
};
