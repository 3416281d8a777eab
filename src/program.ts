/** A part, or a program of one core of it, whose tensors have their places -> its plan, with what the estimate says of it. */
import { type Arena, allocateArena, type Lifetime, withTensors } from './allocate/arena.js';
import { ConstantBuffer } from './allocate/constants.js';
import { lifetimesOf } from './allocate/lifetimes.js';
import { type PartEstimate, partEstimate } from './cost/estimate.js';
import { emitTasks } from './emit/tasks.js';
import type { Graph, Part } from './graph/graph.js';
import { machineOf, type Hardware } from './hardware/machine.js';
import { at } from './in_range.js';
import { namingNode, operandsOf, type PieceOperation } from './ir/operation.js';
import { stagesOf } from './ir/operation_stages.js';
import type { Cube } from './layout/cube.js';
import { hostTable } from './layout/host_table.js';
import { mostPartBytes, partRefusal, type RefusedPart, refusedPart } from './partition/part_rules.js';
import type { Placement } from './place/place.js';
import { withProofs } from './place/proof.js';
import { buildPlan } from './plan/build.js';
import type { Plan } from './plan/format.js';
import { jobEnds, scheduleJobs } from './schedule/order.js';
import type { Observe } from './stages.js';
import { isHostStep, type Step } from './tile/task.js';
import { tileOperation } from './tile/tile.js';
import { engineVersion } from './version.js';

/**
 * For tools that look into a plan's memory while it runs. `real`: the plan as it is, but each operation a job of its own.
 * `apart`: nothing fused, no tensor in the memory of another one, none used twice.
 */
export type Watched = 'real' | 'apart';

export interface PlacedProgram {
  readonly graph: Graph;
  readonly part: Part;
  /** The part with the pieces of its outputs. */
  readonly ends: Part;
  readonly placement: Placement;
  readonly pieces: readonly PieceOperation[];
  readonly borders: Placement['borders'];
  /** null: the plan that runs. */
  readonly watched: Watched | null;
}

export interface CompiledProgram {
  readonly plan: Plan;
  readonly arena: Arena;
  readonly cubes: ReadonlyMap<number, Cube>;
  readonly estimate: PartEstimate;
}

/** @param known what was tiled before, by position; absent: nothing */
const tileAll = (
  { chip, trust }: Hardware,
  { operations, spots }: Placement,
  known: readonly (Step | undefined)[] = [],
): readonly Step[] | RefusedPart => {
  const cubes = new Map([...spots].map(([tensor, { cube }]) => [tensor, cube]));
  const steps: Step[] = [];
  const untiled = new Set<number>();
  for (const [position, operation] of operations.entries()) {
    const step =
      known[position] ??
      (operation.kind === 'host' ? { operation } : tileOperation(chip, operation, stagesOf(operation, trust), cubes));
    if (step === null) untiled.add(namingNode(operation));
    else steps.push(step);
  }
  if (untiled.size === 0) return steps;
  return refusedPart([...untiled].map((node) => partRefusal(node, 'tile', 'an operation that cannot be cut')));
};

/** The node whose feature map takes the most memory, where all of them take too much. */
const memoryRefusal = (
  bytes: number,
  lifetimes: readonly Lifetime[],
  { operations, spots }: Placement,
): RefusedPart => {
  const [largest] = [...lifetimes].sort((a, b) => b.bytes - a.bytes);
  const isIn = (tensor: number): boolean => spots.get(tensor)?.root === largest?.tensor;
  const operation = operations.find(({ output }) => isIn(output)) ?? operations.find((op) => operandsOf(op).some(isIn));
  return refusedPart([partRefusal(namingNode(operation ?? at(operations, 0)), 'memory', `${bytes} bytes`)]);
};

/** @param refuse nodes by the estimate, before anything is emitted */
export const compileProgram = (
  hardware: Hardware,
  program: PlacedProgram,
  observe: Observe,
  refuse: (estimate: PartEstimate) => RefusedPart | null = () => null,
): CompiledProgram | RefusedPart => {
  const { graph, part, placement, ends, pieces, borders, watched } = program;
  const { chip } = hardware;
  const machine = machineOf(chip, hardware.machine);
  const unproven = tileAll(hardware, placement);
  if ('refusals' in unproven) return unproven;
  const realEnds = jobEnds(machine, unproven);
  const isOneTask = (position: number): boolean => {
    const step = unproven[position];
    // The task that loads a table writes an atom where the one that uses it writes.
    return step !== undefined && !isHostStep(step) && step.tiles.length === 1 && step.stages.table === undefined;
  };
  const proven =
    watched === null
      ? withProofs(chip, placement, realEnds, isOneTask)
      : { placement, positions: [...unproven.keys()], ends: realEnds };
  const known = proven.positions.map((position) => (position === null ? undefined : unproven[position]));
  const steps = tileAll(hardware, proven.placement, known);
  if ('refusals' in steps) return steps;
  observe({ stage: 'tile', part, data: { steps, placement: proven.placement } });
  const jobs = scheduleJobs(steps, proven.ends);
  const schedule = watched === null ? jobs : scheduleJobs(steps, [...steps.keys()]);
  observe({ stage: 'schedule', part, data: schedule });
  const { spots } = proven.placement;
  const cubes = new Map([...spots].map(([tensor, { cube }]) => [tensor, cube]));
  const lifetimes = lifetimesOf(ends, proven.placement, jobs, watched === 'apart');
  const memories = allocateArena(chip, lifetimes);
  const featureBytes = memories.bytes.arena + memories.bytes.io;
  if (featureBytes > mostPartBytes) return memoryRefusal(featureBytes, lifetimes, placement);
  const arena = withTensors(memories, spots);
  observe({ stage: 'allocate', part, data: { lifetimes, arena } });
  const borderCubes = [...ends.inputs, ...ends.outputs].flatMap((tensor) => cubes.get(tensor) ?? []);
  const estimate = partEstimate(machine, steps, cubes, {
    jobs: schedule.jobs.length,
    ioBytes: memories.bytes.io,
    borders: borderCubes,
  });
  observe({ stage: 'estimate', part, data: estimate });
  const refused = refuse(estimate);
  if (refused !== null) return refused;
  const constants = new ConstantBuffer(chip);
  const tasks = emitTasks(chip, steps, cubes, arena, placement.constants, constants);
  const programs = tasks.reduce((bytes, { words }) => bytes + 8 * words.length, 0);
  const bytes = featureBytes + constants.size + programs;
  if (bytes > mostPartBytes) return memoryRefusal(bytes, lifetimes, placement);
  const hostTables = steps.filter(isHostStep).map(({ operation }) => {
    const table = hostTable(operation.kernel);
    return { offset: constants.place(table), bytes: table.byteLength };
  });
  const constantBytes = constants.bytes();
  observe({ stage: 'emit', part, data: { tasks, constants: constantBytes } });
  const plan = buildPlan({
    chip,
    graph,
    part,
    steps,
    schedule,
    hostTables,
    cubes,
    arena,
    constants: constantBytes,
    tasks,
    engineVersion,
    borders,
    pieces,
    isProven: watched === null,
  });
  return { plan, arena, cubes, estimate };
};
