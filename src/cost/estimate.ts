/**
 * What an inference of a part costs: its tasks by operation, steps of the host, and what surrounds them: submits, the sync of
 * the BO that the CPU touches, and the conversion between TFLite's tensors and cubes.
 */
import type { Cube } from '../layout/cube.js';
import { liveSurfaces } from '../layout/cube.js';
import { isHostStep, type HostStep, type Step } from '../tile/task.js';
import { tableLoads } from '../tile/table_loads.js';
import type { Machine } from '../hardware/machine.js';
import { taskCosts } from './task_cost.js';
import type { SeveralEstimate } from './several.js';
import { type Bound, type Times, timesOf } from './time.js';

export interface StepEstimate {
  /** TFLite's nodes that it computes. */
  readonly nodes: readonly number[];
  /** Microseconds. */
  readonly total: number;
  /** Null: a step of the host. */
  readonly times: Times | null;
}

/** Microseconds, but for `steps` and `bound`. */
export interface PartEstimate {
  readonly steps: readonly StepEstimate[];
  readonly npu: Times;
  readonly host: number;
  readonly jobs: number;
  readonly sync: number;
  readonly layout: number;
  readonly total: number;
  readonly bound: Bound | 'host';
  /** Where it runs on several cores: `total` is that of this, all else that of one core. */
  readonly several?: SeveralEstimate;
}

/** What a part has besides its steps. */
export interface Surroundings {
  readonly jobs: number;
  /** Of the BO that PREP and FINI sync. */
  readonly ioBytes: number;
  /** Of the tensors that TFLite gives and takes. */
  readonly borders: readonly Cube[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Bytes of the atoms that the host converts. */
export const cubeBytes = (cube: Cube): number => liveSurfaces(cube) * cube.height * cube.width * cube.atom;

/** A pass over the values that it writes. */
const hostMicroseconds = ({ chip }: Machine, cube: Cube | undefined): number =>
  cube === undefined ? 0 : (cube.height * cube.width * cube.channels) / chip.host.values;

/** @param cubes of the tensors of the part */
export const stepEstimates = (
  machine: Machine,
  steps: readonly Step[],
  cubes: ReadonlyMap<number, Cube>,
): readonly StepEstimate[] => {
  const loads = tableLoads(steps);
  const ofHost = ({ operation }: HostStep): StepEstimate => ({
    nodes: operation.nodes,
    total: hostMicroseconds(machine, cubes.get(operation.output)),
    times: null,
  });
  return steps.map((step, position) => {
    if (isHostStep(step)) return ofHost(step);
    const isLoaded = loads[position] !== undefined && loads[position] !== null;
    const times = timesOf(machine, taskCosts(machine.chip, step, isLoaded));
    return { nodes: step.operation.nodes, total: times.total, times };
  });
};

export const jobMicroseconds = ({ chip: { dispatch } }: Machine, jobs: number): number =>
  jobs * dispatch.jobMicroseconds;

/** FINI before the first job and PREP behind the last one; both walk the whole BO, and around each step of the host again. */
export const syncMicroseconds = ({ chip: { host } }: Machine, ioBytes: number, hostSteps: number): number =>
  (2 * (1 + hostSteps) * ioBytes) / host.syncBytes;

export const layoutMicroseconds = ({ chip: { host } }: Machine, bytes: number): number => bytes / host.layoutBytes;

export const partEstimate = (
  machine: Machine,
  steps: readonly Step[],
  cubes: ReadonlyMap<number, Cube>,
  { jobs, ioBytes, borders }: Surroundings,
): PartEstimate => {
  const estimates = stepEstimates(machine, steps, cubes);
  const loads = tableLoads(steps);
  const npu = timesOf(
    machine,
    steps.flatMap((step, position) =>
      isHostStep(step) ? [] : taskCosts(machine.chip, step, (loads[position] ?? null) !== null),
    ),
  );
  const host = sum(estimates.filter(({ times }) => times === null).map(({ total }) => total));
  const around = {
    jobs: jobMicroseconds(machine, jobs),
    sync: syncMicroseconds(machine, ioBytes, steps.filter(isHostStep).length),
    layout: layoutMicroseconds(machine, sum(borders.map(cubeBytes))),
  };
  const outside = host + around.jobs + around.sync + around.layout;
  return {
    steps: estimates,
    npu,
    host,
    ...around,
    total: npu.total + outside,
    bound: outside > npu.total ? 'host' : npu.bound,
  };
};
