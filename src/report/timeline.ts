/** When each task of a part runs, on which queue, by the model of the hardware. */
import type { PartEstimate } from '../cost/estimate.js';
import { taskCosts } from '../cost/task_cost.js';
import type { SeveralEstimate } from '../cost/several.js';
import { dispatchMicroseconds, type Machine } from '../hardware/machine.js';
import { workMicroseconds } from '../hardware/speed.js';
import type { Schedule } from '../schedule/order.js';
import { tableLoads } from '../tile/table_loads.js';
import { isHostStep, type Step } from '../tile/task.js';

export interface TimelineTask {
  /** A queue of the kernel driver; null: the host. */
  readonly core: number | null;
  /** Position of the operation in the part, and TFLite's nodes; none: what surrounds the tasks. */
  readonly operation: number | null;
  readonly nodes: readonly number[];
  readonly what: 'task' | 'table' | 'host' | 'jobs' | 'sync and conversion' | 'stage' | 'exchange';
  /** Microseconds from the start of the part. */
  readonly start: number;
  readonly duration: number;
}

/** On several cores a stage of all of them ends before the next one starts; of its tasks only their sum is known. */
const stagesTimeline = ({ stages, jobs, sync, layout }: SeveralEstimate): readonly TimelineTask[] => {
  const spans: TimelineTask[] = [];
  let at = 0;
  const host = (what: TimelineTask['what'], duration: number): void => {
    if (duration > 0) spans.push({ core: null, operation: null, nodes: [], what, start: at, duration });
    at += duration;
  };
  host('sync and conversion', (sync + layout) / 2);
  host('jobs', jobs);
  for (const { cores, exchange, total } of stages) {
    host('exchange', exchange);
    for (const [core, { microseconds }] of cores.entries())
      if (microseconds > 0)
        spans.push({ core, operation: null, nodes: [], what: 'stage', start: at, duration: microseconds });
    at += total - exchange;
  }
  host('sync and conversion', (sync + layout) / 2);
  return spans;
};

/** @param estimate of the same steps */
export const partTimeline = (
  machine: Machine,
  steps: readonly Step[],
  { jobs, host }: Schedule,
  estimate: PartEstimate,
): readonly TimelineTask[] => {
  if (estimate.several !== undefined) return stagesTimeline(estimate.several);
  const loads = tableLoads(steps);
  const dispatch = dispatchMicroseconds(machine);
  const tasks: TimelineTask[] = [];
  let at = 0;
  const add = (task: Omit<TimelineTask, 'start'>): void => {
    if (task.duration === 0) return;
    tasks.push({ ...task, start: at });
    at += task.duration;
  };
  const around = (what: TimelineTask['what'], duration: number): void =>
    add({ core: null, operation: null, nodes: [], what, duration });
  const half = (estimate.sync + estimate.layout) / 2;
  around('sync and conversion', half);
  const addHost = (before: number): void => {
    for (const { operation } of host.filter(({ beforeJob }) => beforeJob === before)) {
      const step = estimate.steps[operation];
      if (step !== undefined) add({ core: null, operation, nodes: step.nodes, what: 'host', duration: step.total });
    }
  };
  for (const [position, { operations, core }] of jobs.entries()) {
    addHost(position);
    around('jobs', estimate.jobs / jobs.length);
    for (const operation of operations) {
      const step = steps[operation];
      if (step === undefined || isHostStep(step)) continue;
      const loadsTable = (loads[operation] ?? null) !== null;
      for (const [i, cost] of taskCosts(machine.chip, step, loadsTable).entries())
        add({
          core,
          operation,
          nodes: step.operation.nodes,
          what: loadsTable && i === 0 ? 'table' : 'task',
          duration: workMicroseconds(machine, cost) + dispatch,
        });
    }
  }
  addHost(jobs.length);
  around('sync and conversion', half);
  return tasks;
};
