/**
 * Plans of programs that work together -> one plan. Each keeps its tasks, jobs and memory, on a core of its own; programs of one
 * core share the arena, as they run one after the other. What one makes and another reads is copied by steps of the host, in
 * front of the jobs of a stage. TFLite's inputs and outputs are pieces where several programs read or make them.
 */
import { at } from '../in_range.js';
import { type Box, isEmpty, lengthOf, overlap, sizeOf } from '../cores/box.js';
import type { Part } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import type { TensorId } from '../hardware/units.js';
import type { Plan, PlanBo, PlanHost, PlanTensor } from './format.js';

type Plane = readonly [number, number, number];

export interface Joined {
  readonly plan: Plan;
  readonly stage: number;
  readonly core: number;
  readonly boxOf: (tensor: TensorId) => Box;
  readonly ownOf: (tensor: TensorId) => Box;
}

/** A box of a tensor, as a tensor: channels begin at an atom. @param has what the record is of the tensor */
const window = (tensor: PlanTensor, has: Box, box: Box, atom: number): PlanTensor => {
  const [n, , w] = tensor.shape;
  const [row, channel] = [box.rows[0] - has.rows[0], box.channels[0] - has.channels[0]];
  const [height, channels] = [lengthOf(box.rows), lengthOf(box.channels)];
  if (channel % atom !== 0) throw new Error(`tensor ${tensor.tensor}: channel ${channel} is inside an atom`);
  return {
    ...tensor,
    shape: [n, height, w, channels],
    offset: tensor.offset + row * tensor.lineBytes + (channel / atom) * tensor.surfaceBytes,
    surfaces: Math.ceil(channels / atom),
  };
};

const inside = (tensor: PlanTensor): PlanTensor => ({
  ...tensor,
  direction: 'inside',
  layout: 'nhwc',
  start: 0,
  step: tensor.shape[3],
});

/** A tensor that a program takes or makes. */
interface Held {
  readonly record: PlanTensor;
  readonly has: Box;
  readonly own: Box;
  readonly stage: number;
}

const asPiece = ({ record, has }: Held, box: Box, [, width, channels]: Plane, atom: number): PlanTensor => ({
  // All of an input, in blocks or not.
  ...(record.blocks === null ? { ...window(record, has, box, atom), layout: 'nhwc' } : record),
  direction: 'piece',
  start: box.rows[0] * width * channels + box.channels[0],
  step: channels,
});

/** A tensor of the caller's in pieces, in front of which a record stands for all of it. */
const inPieces = (
  record: PlanTensor,
  [height, width, channels]: Plane,
  pieces: readonly PlanTensor[],
): readonly PlanTensor[] => [
  { ...record, layout: 'pieces', shape: [1, 1, height * width, channels], start: 0, step: channels, blocks: null },
  ...pieces,
];

/** From where a program takes what it reads: what each of those that make it has made for others. */
const copiesOf = (
  { record, has, stage }: Held,
  makers: readonly Held[],
  atom: number,
): readonly (readonly [PlanTensor, PlanTensor])[] => {
  const found = makers.flatMap((maker) => {
    const box = overlap(maker.own, has);
    return maker.stage < stage && !isEmpty(box) ? [{ maker, box }] : [];
  });
  if (found.reduce((total, { box }) => total + sizeOf(box), 0) !== sizeOf(has))
    throw new Error(`tensor ${record.tensor} is not made as it is read`);
  return found.map(({ maker, box }) => [window(maker.record, maker.has, box, atom), window(record, has, box, atom)]);
};

/** Where each begins when they stand behind each other. */
const startsOf = (counts: readonly number[]): readonly number[] =>
  counts.map((_, i) => counts.slice(0, i).reduce((total, count) => total + count, 0));

interface Placed {
  readonly bos: readonly PlanBo[];
  /** For each program the position of each of its BOs. */
  readonly positions: readonly (readonly number[])[];
}

const placeBos = (programs: readonly Joined[]): Placed => {
  const bos: PlanBo[] = [];
  const arenas = new Map<number, number>();
  const positions = programs.map(({ plan, core }) =>
    plan.bos.map((bo) => {
      const arena = bo.kind === 'arena' ? arenas.get(core) : undefined;
      const known = arena === undefined ? undefined : bos[arena];
      if (arena !== undefined && known !== undefined) {
        bos[arena] = { ...known, size: Math.max(known.size, bo.size) };
        return arena;
      }
      if (bo.kind === 'arena') arenas.set(core, bos.length);
      return bos.push({ ...bo, core }) - 1;
    }),
  );
  return { bos, positions };
};

/**
 * @param planeOf height, width and channels of TFLite's tensors, as their cubes have them
 * @returns null where TFLite's tensors would have to be laid out in pieces that are none
 */
export const joinPlans = (
  { atoms: { channels: atom } }: Chip,
  part: Part,
  planeOf: (tensor: TensorId) => Plane,
  programs: readonly Joined[],
): Plan | null => {
  const [first] = programs;
  if (first === undefined) return null;
  const { bos, positions } = placeBos(programs);
  const taskStart = startsOf(programs.map(({ plan }) => plan.tasks.length));
  const jobStart = startsOf(programs.map(({ plan }) => plan.jobs.length));
  const opStart = startsOf(programs.map(({ plan }) => plan.ops.length));
  const boAt = (program: number, bo: number): number => at(at(positions, program), bo);
  const start = (starts: readonly number[], program: number): number => at(starts, program);
  const moved = (program: number, record: PlanTensor): PlanTensor => ({ ...record, bo: boAt(program, record.bo) });

  const takers = new Map<TensorId, Held[]>();
  const makers = new Map<TensorId, Held[]>();
  const pieces = new Map<TensorId, PlanTensor[]>();
  const wholes = new Map<TensorId, PlanTensor>();
  const add = <T>(map: Map<TensorId, T[]>, tensor: TensorId, value: T): void => {
    map.set(tensor, [...(map.get(tensor) ?? []), value]);
  };
  for (const [i, { plan, stage, boxOf, ownOf }] of programs.entries()) {
    for (const given of plan.tensors) {
      const record = moved(i, given);
      if (record.direction === 'piece') add(pieces, record.tensor, record);
      if (record.layout === 'pieces') wholes.set(record.tensor, record);
      else if (record.direction === 'in' || record.direction === 'out') {
        const [has, own] = [boxOf(record.tensor), ownOf(record.tensor)];
        add(record.direction === 'in' ? takers : makers, record.tensor, { record, has, own, stage });
      }
    }
  }

  /** @returns null: an order that pieces cannot have */
  const border = (tensor: TensorId, held: readonly Held[], boxOf: (one: Held) => Box): readonly PlanTensor[] | null => {
    const [one, ...more] = held;
    if (one === undefined) return [];
    const plane = planeOf(tensor);
    const all = plane[0] * plane[2];
    if (more.length === 0 && sizeOf(one.has) === all && sizeOf(boxOf(one)) === all) return [one.record];
    if (!held.every(({ record: { layout } }) => layout === 'nhwc' || layout === 'flat' || layout === 'blocks'))
      return null;
    return inPieces(
      one.record,
      plane,
      held.map((each) => asPiece(each, boxOf(each), plane, atom)),
    );
  };
  const inputs = part.inputs.map((tensor) => border(tensor, takers.get(tensor) ?? [], ({ has }) => has));
  const outputs = part.outputs.map((tensor) => {
    const own = pieces.get(tensor);
    const whole = wholes.get(tensor);
    if (own !== undefined && whole !== undefined) return [whole, ...own];
    return border(tensor, makers.get(tensor) ?? [], (one) => one.own);
  });
  const tensors: PlanTensor[] = [];
  for (const records of [...inputs, ...outputs]) {
    if (records === null) return null;
    tensors.push(...records);
  }
  const isInput = new Set(part.inputs);
  const hosts: PlanHost[] = [];
  const exchanges: Plan['ops'][number][] = [];
  const opCount = programs.reduce((count, { plan }) => count + plan.ops.length, 0);
  for (const [i, { plan, stage }] of programs.entries()) {
    const isFirst = programs[i - 1]?.stage !== stage;
    if (isFirst && stage > 0) {
      const { node } = at(plan.ops, 0);
      exchanges.push({
        node,
        fusedNode: null,
        name: 'EXCHANGE',
        macs: 0,
        firstTask: 0,
        taskCount: 0,
        facts: [],
        mismatch: 0,
      });
      const wanted = [...takers].flatMap(([tensor, all]) =>
        isInput.has(tensor)
          ? []
          : all.filter((one) => one.stage === stage).flatMap((one) => copiesOf(one, makers.get(tensor) ?? [], atom)),
      );
      for (const [from, to] of wanted) {
        hosts.push({
          op: opCount + exchanges.length - 1,
          beforeJob: start(jobStart, i),
          kernel: 'copy',
          input: tensors.push(inside(from)) - 1,
          output: tensors.push(inside(to)) - 1,
          tableBo: boAt(i, 0),
          tableOffset: 0,
          tableBytes: 0,
        });
      }
    }
    for (const host of plan.hosts) {
      const [input, output] = [plan.tensors[host.input], plan.tensors[host.output]];
      if (input === undefined || output === undefined) throw new Error('a step of the host without its tensors');
      hosts.push({
        ...host,
        op: host.op + start(opStart, i),
        beforeJob: host.beforeJob + start(jobStart, i),
        input: tensors.push(moved(i, input)) - 1,
        output: tensors.push(moved(i, output)) - 1,
        tableBo: boAt(i, host.tableBo),
      });
    }
  }
  return {
    ...first.plan,
    cores: Math.max(...programs.map(({ core }) => core)) + 1,
    tensors,
    bos,
    relocations: programs.flatMap(({ plan }, i) =>
      plan.relocations.map((one) => ({ ...one, bo: boAt(i, one.bo), targetBo: boAt(i, one.targetBo) })),
    ),
    tasks: programs.flatMap(({ plan }, i) =>
      plan.tasks.map((task) => ({ ...task, op: task.op + start(opStart, i), regcmdBo: boAt(i, task.regcmdBo) })),
    ),
    jobs: programs.flatMap(({ plan, core }, i) =>
      plan.jobs.map((job) => ({
        ...job,
        core,
        firstTask: job.firstTask + start(taskStart, i),
        depends: job.depends === null ? null : job.depends + start(jobStart, i),
        inBos: job.inBos.map((bo) => boAt(i, bo)),
        outBos: job.outBos.map((bo) => boAt(i, bo)),
        proof: job.proof === null ? null : { ...job.proof, bo: boAt(i, job.proof.bo) },
      })),
    ),
    ops: [
      ...programs.flatMap(({ plan }, i) =>
        plan.ops.map((op) => ({ ...op, firstTask: op.firstTask + start(taskStart, i) })),
      ),
      ...exchanges,
    ],
    hosts,
  };
};
