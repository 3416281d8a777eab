/**
 * The order of operations on the queues. One core: one job with all tasks in the order of the graph, as the stock kernel
 * starts each task by itself and a reordering hides nothing.
 */
import type { TiledOperation } from '../tile/task.js';

export interface Job {
  /** Operations of this job, by position, in order. */
  readonly operations: readonly number[];
  /** Queue (one file descriptor of the kernel driver), not a physical core. */
  readonly core: number;
}

export const scheduleJobs = (operations: readonly TiledOperation[]): readonly Job[] => [
  { operations: operations.map((_, position) => position), core: 0 },
];
