/**
 * The order of operations on the queues. One core: one job with all tasks in the order of the graph, as the stock kernel
 * starts each task by itself and a reordering hides nothing. A step of the host ends a job, and so does time: the kernel
 * driver ends a job some time behind its start. A job ends between two operations only: tiles of one may share weights.
 */
import { taskCosts } from '../cost/task_cost.js';
import { timesOf } from '../cost/time.js';
import type { Machine } from '../hardware/machine.js';
import { tableLoads } from '../tile/table_loads.js';
import { isHostStep, type Step, type TiledOperation } from '../tile/task.js';
import type { Position } from '../hardware/units.js';

export interface Job {
  /** Operations of this job, by position, in order. */
  readonly operations: readonly Position[];
  /** Queue (one file descriptor of the kernel driver), not a physical core. */
  readonly core: number;
}

export interface Schedule {
  readonly jobs: readonly Job[];
  /** Steps of the host, by position, and the job that starts when they have ended (behind the last job: their count). */
  readonly host: readonly { readonly operation: Position; readonly beforeJob: number }[];
}

/** What the estimate may be off by. */
const margin = 4;

const mostMicroseconds = ({ chip: { dispatch } }: Machine): number => (dispatch.jobMilliseconds * 1000) / margin;

const microsecondsOf = (machine: Machine, step: TiledOperation, loadsTable: boolean): number =>
  timesOf(machine, taskCosts(machine.chip, step, loadsTable)).total;

/** @returns positions of the operations that end a job */
export const jobEnds = (machine: Machine, steps: readonly Step[]): readonly Position[] => {
  const loads = tableLoads(steps);
  const ends: number[] = [];
  let microseconds = 0;
  for (const [position, step] of steps.entries()) {
    if (isHostStep(step)) continue;
    const [before, next] = [steps[position - 1], steps[position + 1]];
    const own = microsecondsOf(machine, step, (loads[position] ?? null) !== null);
    const starts = before === undefined || isHostStep(before);
    if (!starts && microseconds + own > mostMicroseconds(machine)) {
      ends.push(position - 1);
      microseconds = 0;
    }
    microseconds = starts ? own : microseconds + own;
    if (next === undefined || isHostStep(next)) ends.push(position);
  }
  return ends;
};

export const scheduleJobs = (steps: readonly Step[], ends: readonly Position[]): Schedule => {
  const last = new Set(ends);
  const jobs: Job[] = [];
  const host: { readonly operation: number; readonly beforeJob: number }[] = [];
  let run: number[] = [];
  for (const [position, step] of steps.entries()) {
    if (isHostStep(step)) {
      host.push({ operation: position, beforeJob: jobs.length });
      continue;
    }
    run.push(position);
    if (!last.has(position)) continue;
    jobs.push({ operations: run, core: 0 });
    run = [];
  }
  return { jobs, host };
};
