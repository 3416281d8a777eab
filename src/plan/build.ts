/** Everything that the rooms made -> one Plan. */
import { at } from '../in_range.js';
import type { Arena } from '../allocate/arena.js';
import { convMacs } from '../cost/task_cost.js';
import { assemble } from '../emit/assemble.js';
import { destinationOf, type EmittedTask } from '../emit/tasks.js';
import { type Cube, liveSurfaces } from '../layout/cube.js';
import type { Chip } from '../hardware/chips.js';
import { elementCount, type Graph, type Part, tensorAt } from '../graph/graph.js';
import { type HostOperation, namingNode, type PieceOperation } from '../ir/operation.js';
import { channelsOf, isByteTensor, perTensorOf, planeOf, signedCode } from '../graph/tensor.js';
import { ofTensor } from '../place/of_tensor.js';
import type { Placement } from '../place/place.js';
import type { Schedule } from '../schedule/order.js';
import { factsOf } from '../tile/facts.js';
import { isHostStep, type Step } from '../tile/task.js';
import {
  boPositions as bo,
  type Plan,
  type PlanHost,
  type PlanJob,
  type PlanOp,
  type PlanTask,
  type PlanTensor,
} from './format.js';
import type { Bytes, TensorId } from '../hardware/units.js';

export interface HostTable {
  readonly offset: Bytes;
  readonly bytes: Bytes;
}

export interface PlanParts {
  readonly chip: Chip;
  readonly graph: Graph;
  readonly part: Part;
  readonly steps: readonly Step[];
  readonly schedule: Schedule;
  /** Where in the constants the table of each step of the host stands, in the schedule's order. */
  readonly hostTables: readonly HostTable[];
  readonly cubes: ReadonlyMap<TensorId, Cube>;
  readonly arena: Arena;
  readonly borders: Placement['borders'];
  /** Of outputs that the host puts together. */
  readonly pieces: readonly PieceOperation[];
  readonly constants: Uint8Array;
  readonly tasks: readonly EmittedTask[];
  readonly engineVersion: string;
  /** Whether each job ends with a task of which the device can see that it ran. */
  readonly isProven: boolean;
}

const cubeRecord = (
  { cubes, arena }: PlanParts,
  tensor: TensorId,
): Pick<PlanTensor, 'tensor' | 'shape' | 'bo' | 'offset' | 'lineBytes' | 'surfaceBytes' | 'surfaces'> => {
  const cube = ofTensor(cubes, tensor, 'cube');
  const place = ofTensor(arena.places, tensor, 'place in memory');
  return {
    tensor,
    shape: [1, cube.height, cube.width, cube.channels],
    bo: bo[place.memory],
    offset: place.offset,
    lineBytes: cube.lineBytes,
    surfaceBytes: cube.surfaceBytes,
    surfaces: liveSurfaces(cube),
  };
};

const tensorRecord = (parts: PlanParts, tensor: TensorId, direction: 'in' | 'out'): PlanTensor => {
  const { shape, numbers } = quantizedOf(parts, tensor);
  const batches = shape.slice(0, -3).some((dim) => dim !== 1);
  const cube = cubeRecord(parts, tensor);
  const border = parts.borders.get(tensor) ?? (batches ? 'flat' : 'nhwc');
  const plain = { ...cube, ...numbers, direction, start: 0 };
  if (typeof border === 'string') return { ...plain, layout: border, step: cube.shape[3], blocks: null };
  const [height, width, channels] = planeOf({ shape });
  return { ...plain, shape: [1, height, width, channels], layout: 'blocks', step: channels, blocks: border };
};

/** A feature map's shape, and what a plan says of its values. */
interface QuantizedMap {
  readonly shape: readonly number[];
  readonly numbers: Pick<PlanTensor, 'type' | 'scale' | 'zeroPoint' | 'padCode'>;
}

/** Ops that only compare or move codes take maps without a scale. */
const codesAlone = { scale: 1, stored: 0 };

const quantizedOf = ({ graph }: PlanParts, tensor: TensorId): QuantizedMap => {
  const found = tensorAt(graph, tensor);
  if (!isByteTensor(found)) throw new Error(`tensor ${tensor} is not a feature map of this partition`);
  const { type, shape } = found;
  const { scale, stored } = perTensorOf(found) ?? codesAlone;
  return { shape, numbers: { type, scale, zeroPoint: stored, padCode: signedCode(stored, type) } };
};

/** An output, or its pieces behind it. */
const outputRecords = (parts: PlanParts, tensor: TensorId): readonly PlanTensor[] => {
  const pieces = parts.pieces.filter(({ place }) => place.whole === tensor);
  const [first] = pieces;
  if (first === undefined) return [tensorRecord(parts, tensor, 'out')];
  const { shape, numbers } = quantizedOf(parts, tensor);
  const channels = channelsOf({ shape });
  const whole: PlanTensor = {
    ...cubeRecord(parts, first.output),
    ...numbers,
    tensor,
    direction: 'out',
    layout: 'pieces',
    shape: [1, 1, elementCount(shape) / channels, channels],
    start: 0,
    step: channels,
    blocks: null,
  };
  return [
    whole,
    ...pieces.map(({ output, place }): PlanTensor => ({
      ...cubeRecord(parts, output),
      ...numbers,
      tensor,
      direction: 'piece',
      layout: 'nhwc',
      start: place.start,
      step: place.step,
      blocks: null,
    })),
  ];
};

/** What a step of the host reads or writes. */
const insideRecord = (parts: PlanParts, { type, zeroPoint }: HostOperation, tensor: TensorId): PlanTensor => {
  const cube = cubeRecord(parts, tensor);
  return {
    ...cube,
    direction: 'inside',
    type,
    scale: 1,
    zeroPoint: type === 'uint8' ? zeroPoint + 128 : zeroPoint,
    layout: 'nhwc',
    padCode: zeroPoint,
    start: 0,
    step: cube.shape[3],
    blocks: null,
  };
};

/** The steps of the host, and the tensors that they name: two each, behind the others. */
const hostRecords = (parts: PlanParts, before: number) => {
  const steps = parts.schedule.host.map(({ operation: position, beforeJob }, i) => {
    const step = at(parts.steps, position);
    if (!isHostStep(step)) throw new Error(`${step.operation.kind} is none of the host's`);
    return { ...step, position, beforeJob, table: at(parts.hostTables, i) };
  });
  const tensors = steps.flatMap(({ operation }) =>
    [operation.input, operation.output].map((tensor) => insideRecord(parts, operation, tensor)),
  );
  const hosts = steps.map(({ operation: { kernel }, position, beforeJob, table: { offset, bytes } }, i): PlanHost => {
    return {
      op: position,
      beforeJob,
      kernel: kernel.kind === 'permute' ? 'permute' : `resize_${kernel.arithmetic}`,
      input: before + 2 * i,
      output: before + 2 * i + 1,
      tableBo: bo.constants,
      tableOffset: offset,
      tableBytes: bytes,
    };
  });
  return { tensors, hosts };
};

/** Of an op of the host. */
const noTasks = { firstTask: 0, taskCount: 0 };

const opRecord = (
  { cubes }: PlanParts,
  step: Step,
  own: readonly number[],
  opNames: ReadonlyMap<number, string>,
): PlanOp => {
  const { operation } = step;
  const [first] = own;
  const [, fusedNode = null] = operation.nodes;
  const names = operation.nodes.map((index) => opNames.get(index) ?? '');
  return {
    node: namingNode(operation),
    fusedNode,
    name: ['clamp', 'host'].includes(operation.kind) ? `${names.join('+')} ${operation.kind}` : names.join('+'),
    macs: operation.kind === 'conv' ? convMacs(operation) : 0,
    ...(first === undefined ? noTasks : { firstTask: first, taskCount: own.length }),
    facts: isHostStep(step) ? [] : factsOf(step, ofTensor(cubes, operation.output, 'cube')),
    // A share; far scales add up to more.
    mismatch: isHostStep(step) ? 0 : Math.min(1, step.stages.mismatch),
  };
};

const jobRecords = ({ schedule: { jobs }, tasks, isProven }: PlanParts): readonly PlanJob[] =>
  jobs.map(({ operations, core }) => {
    const wanted = new Set(operations);
    const own = tasks.filter(({ operation }) => wanted.has(operation));
    const last = own.at(-1);
    if (last === undefined) throw new Error('a job without a task');
    const proof = destinationOf(last);
    const written = new Set<number>(own.map((task) => bo[destinationOf(task).bo]));
    return {
      firstTask: tasks.findIndex(({ operation }) => wanted.has(operation)),
      taskCount: own.length,
      core,
      depends: null,
      inBos: Object.values(bo).filter((index) => !written.has(index)),
      outBos: [...written],
      proof: isProven ? { bo: bo[proof.bo], offset: proof.offset } : null,
    };
  });

export const buildPlan = (parts: PlanParts): Plan => {
  const opNames = new Map(parts.graph.nodes.map(({ index, op }) => [index, op]));
  const tasksOf = parts.steps.map((): number[] => []);
  for (const [index, { operation }] of parts.tasks.entries()) tasksOf[operation]?.push(index);
  const { chip, part, steps, arena, constants, tasks, engineVersion } = parts;
  // A BO of no bytes is none.
  const sized = (bytes: number): number => Math.max(chip.memory.burstBytes, bytes);
  const assembly = assemble(chip, tasks);
  const records = assembly.tasks.map(({ task, offset, words }): PlanTask => ({
    op: task.operation,
    regcmdBo: bo.regcmd,
    regcmdOffset: offset,
    words,
    cycles: task.cycles,
  }));
  const given = [
    ...part.inputs.map((tensor) => tensorRecord(parts, tensor, 'in')),
    ...part.outputs.flatMap((tensor) => outputRecords(parts, tensor)),
  ];
  const inside = hostRecords(parts, given.length);
  return {
    chip: chip.number,
    cores: 1,
    engineVersion,
    numerics: parts.graph.numerics,
    tensors: [...given, ...inside.tensors],
    bos: [
      { kind: 'constants', core: 0, size: sized(constants.byteLength), bytes: constants },
      { kind: 'arena', core: 0, size: sized(arena.bytes.arena), bytes: new Uint8Array() },
      { kind: 'regcmd', core: 0, size: sized(assembly.bytes.byteLength), bytes: assembly.bytes },
      { kind: 'io', core: 0, size: sized(arena.bytes.io), bytes: new Uint8Array() },
    ],
    relocations: assembly.relocations.map(({ word, buffer, addend }) => ({
      bo: bo.regcmd,
      word,
      targetBo: bo[buffer],
      addend,
    })),
    tasks: records,
    jobs: jobRecords(parts),
    ops: steps.map((step, position) => opRecord(parts, step, tasksOf[position] ?? [], opNames)),
    hosts: inside.hosts,
  };
};
