/** Everything that the rooms made -> one Plan. */
import type { Arena } from '../allocate/arena.js';
import { convMacs } from '../cost/cycles.js';
import { assemble } from '../emit/assemble.js';
import type { EmittedTask } from '../emit/tasks.js';
import { type Cube, liveSurfaces } from '../layout/cube.js';
import type { Graph, Part } from '../model/graph.js';
import { isByteTensor, quantizationOf } from '../ops/rule.js';
import type { Job } from '../schedule/order.js';
import { factsOf } from '../tile/facts.js';
import type { TiledOperation } from '../tile/task.js';
import type { Plan, PlanOp, PlanTask, PlanTensor } from './format.js';

export interface PlanParts {
  readonly graph: Graph;
  readonly part: Part;
  readonly tiled: readonly TiledOperation[];
  readonly jobs: readonly Job[];
  readonly cubes: ReadonlyMap<number, Cube>;
  readonly arena: Arena;
  readonly constants: Uint8Array;
  readonly tasks: readonly EmittedTask[];
  readonly engineVersion: string;
}

const bo = { constants: 0, arena: 1, regcmd: 2 } as const;
const rk3588 = 3588;

const tensorRecord = ({ graph, cubes, arena }: PlanParts, tensor: number, direction: 'in' | 'out'): PlanTensor => {
  const found = graph.tensors.get(tensor) ?? null;
  const cube = cubes.get(tensor);
  const offset = arena.offsets.get(tensor);
  if (!isByteTensor(found) || cube === undefined || offset === undefined)
    throw new Error(`tensor ${tensor} is not a feature map of this part`);
  const { scale, zeroPoint } = quantizationOf(found);
  return {
    tensor,
    direction,
    type: found.type,
    shape: [1, cube.height, cube.width, cube.channels],
    scale,
    zeroPoint: found.quantization?.zeroPoints[0] ?? 0,
    bo: bo.arena,
    offset,
    lineBytes: cube.lineBytes,
    surfaceBytes: cube.surfaceBytes,
    surfaces: liveSurfaces(cube),
    padCode: zeroPoint,
  };
};

const cubeOf = (cubes: ReadonlyMap<number, Cube>, tensor: number): Cube => {
  const cube = cubes.get(tensor);
  if (cube === undefined) throw new Error(`tensor ${tensor} has no cube`);
  return cube;
};

const opRecord = ({ graph, tasks, cubes }: PlanParts, tiled: TiledOperation, position: number): PlanOp => {
  const { operation, stages } = tiled;
  const own = tasks.flatMap((task, index) => (task.operation === position ? [index] : []));
  const [node = 0, fusedNode = null] = operation.nodes;
  const names = operation.nodes.map((index) => graph.nodes.find((candidate) => candidate.index === index)?.op ?? '');
  return {
    node,
    fusedNode,
    name: operation.kind === 'clamp' ? `${names.join('+')} clamp` : names.join('+'),
    macs: operation.kind === 'conv' ? convMacs(operation) : 0,
    firstTask: own[0] ?? 0,
    taskCount: own.length,
    facts: factsOf(tiled, cubeOf(cubes, operation.output)),
    mismatch: stages.mismatch,
  };
};

export const buildPlan = (parts: PlanParts): Plan => {
  const { part, tiled, jobs, arena, constants, tasks, engineVersion } = parts;
  const assembly = assemble(tasks.map(({ words }) => words));
  const records = tasks.map((task, i): PlanTask => ({
    op: task.operation,
    regcmdBo: bo.regcmd,
    regcmdOffset: assembly.tasks[i]?.offset ?? 0,
    words: assembly.tasks[i]?.words ?? 0,
    cycles: task.cycles,
  }));
  return {
    chip: rk3588,
    cores: 1,
    engineVersion,
    tensors: [
      ...part.inputs.map((tensor) => tensorRecord(parts, tensor, 'in')),
      ...part.outputs.map((tensor) => tensorRecord(parts, tensor, 'out')),
    ],
    bos: [
      { kind: 'constants', size: Math.max(64, constants.byteLength), bytes: constants },
      { kind: 'arena', size: Math.max(64, arena.bytes), bytes: new Uint8Array() },
      { kind: 'regcmd', size: assembly.bytes.byteLength, bytes: assembly.bytes },
    ],
    relocations: assembly.relocations.map(({ word, buffer, addend }) => ({
      bo: bo.regcmd,
      word,
      targetBo: bo[buffer],
      addend,
    })),
    tasks: records,
    jobs: jobs.map(({ operations, core }) => {
      const own = tasks.flatMap((task, index) => (operations.includes(task.operation) ? [index] : []));
      return {
        firstTask: own[0] ?? 0,
        taskCount: own.length,
        core,
        depends: null,
        inBos: [bo.arena],
        outBos: [bo.arena],
      };
    }),
    ops: tiled.map((one, position) => opRecord(parts, one, position)),
  };
};
