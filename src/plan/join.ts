/**
 * Plans of programs that work together -> one plan. Each keeps its tasks, jobs and memory, on a core of its own; programs of one
 * core share the arena, as they run one after the other. What one makes and another reads is copied by steps of the host, in
 * front of the jobs of a stage. TFLite's inputs and outputs are pieces where several programs read or make them.
 */
import type { Part } from '../graph/graph.js';
import type { TensorId } from '../hardware/units.js';
import type { Plan, PlanBo, PlanHost, PlanTensor } from './format.js';

/** From the first to behind the last. */
type Rows = readonly [number, number];

export interface Joined {
  readonly plan: Plan;
  readonly stage: number;
  readonly core: number;
  readonly rowsOf: (tensor: TensorId) => Rows;
  readonly ownOf: (tensor: TensorId) => Rows;
}

/** Some rows of a tensor's cube, as a tensor. `rows` counts as `has` does. */
const window = (tensor: PlanTensor, has: Rows, rows: Rows): PlanTensor => {
  const [n, , w, c] = tensor.shape;
  return {
    ...tensor,
    shape: [n, rows[1] - rows[0], w, c],
    offset: tensor.offset + (rows[0] - has[0]) * tensor.lineBytes,
  };
};

const asPiece = (tensor: PlanTensor, has: Rows, rows: Rows): PlanTensor => {
  const cut = window(tensor, has, rows);
  const [, , w, c] = tensor.shape;
  return { ...cut, direction: 'piece', layout: 'nhwc', start: rows[0] * w * c, step: c };
};

const inside = (tensor: PlanTensor): PlanTensor => ({
  ...tensor,
  direction: 'inside',
  layout: 'nhwc',
  start: 0,
  step: tensor.shape[3],
});

interface Held {
  readonly record: PlanTensor;
  readonly has: Rows;
  readonly own: Rows;
  readonly stage: number;
}

/** A tensor of the caller's in pieces, in front of which a record stands for all of it. */
const inPieces = (record: PlanTensor, pixels: number, pieces: readonly PlanTensor[]): readonly PlanTensor[] => {
  const channels = record.shape[3];
  return [{ ...record, layout: 'pieces', shape: [1, 1, pixels, channels], start: 0, step: channels }, ...pieces];
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
 * @param heightOf rows of TFLite's tensors
 * @returns null where TFLite's tensors would have to be laid out in pieces that are none
 */
export const joinPlans = (
  part: Part,
  heightOf: (tensor: TensorId) => number,
  programs: readonly Joined[],
): Plan | null => {
  const [first] = programs;
  if (first === undefined) return null;
  const { bos, positions } = placeBos(programs);
  const taskStart = startsOf(programs.map(({ plan }) => plan.tasks.length));
  const jobStart = startsOf(programs.map(({ plan }) => plan.jobs.length));
  const opStart = startsOf(programs.map(({ plan }) => plan.ops.length));
  const boAt = (program: number, bo: number): number => positions[program]?.[bo] ?? -1;
  const start = (starts: readonly number[], program: number): number => starts[program] ?? 0;
  const moved = (program: number, record: PlanTensor): PlanTensor => ({ ...record, bo: boAt(program, record.bo) });

  const takers = new Map<TensorId, Held[]>();
  const makers = new Map<TensorId, Held[]>();
  const pieces = new Map<TensorId, PlanTensor[]>();
  const wholes = new Map<TensorId, PlanTensor>();
  const add = <T>(map: Map<TensorId, T[]>, tensor: TensorId, value: T): void => {
    map.set(tensor, [...(map.get(tensor) ?? []), value]);
  };
  for (const [i, { plan, stage, rowsOf, ownOf }] of programs.entries()) {
    for (const given of plan.tensors) {
      const record = moved(i, given);
      if (record.direction === 'piece') add(pieces, record.tensor, record);
      if (record.layout === 'pieces') wholes.set(record.tensor, record);
      else if (record.direction === 'in' || record.direction === 'out') {
        const [has, own] = [rowsOf(record.tensor), ownOf(record.tensor)];
        add(record.direction === 'in' ? takers : makers, record.tensor, { record, has, own, stage });
      }
    }
  }

  /** @returns null: an order that pieces cannot have */
  const border = (
    tensor: TensorId,
    held: readonly Held[],
    rowsOf: (one: Held) => Rows,
  ): readonly PlanTensor[] | null => {
    const [one, ...more] = held;
    if (one === undefined) return [];
    const height = heightOf(tensor);
    const isWhole = (rows: Rows): boolean => rows[0] === 0 && rows[1] === height;
    if (more.length === 0 && isWhole(one.has) && isWhole(rowsOf(one))) return [one.record];
    if (!held.every(({ record: { layout } }) => layout === 'nhwc' || layout === 'flat')) return null;
    const cut = held.map((each) => asPiece(each.record, each.has, rowsOf(each)));
    return inPieces(one.record, height * one.record.shape[2], cut);
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
  /** The rows that a program takes, from those that make them. */
  const copies = (tensor: TensorId, { record, has, stage }: Held): readonly (readonly [PlanTensor, PlanTensor])[] => {
    const sources = (makers.get(tensor) ?? []).filter((maker) => maker.stage < stage);
    const found: (readonly [PlanTensor, PlanTensor])[] = [];
    let [row] = has;
    while (row < has[1]) {
      const source = sources.find(({ own }) => own[0] <= row && row < own[1]);
      if (source === undefined)
        throw new Error(`row ${row} of tensor ${tensor} is made by no program before its stage`);
      const rows: Rows = [row, Math.min(has[1], source.own[1])];
      found.push([window(source.record, source.has, rows), window(record, has, rows)]);
      row = rows[1];
    }
    return found;
  };
  for (const [i, { plan, stage }] of programs.entries()) {
    const isFirst = programs[i - 1]?.stage !== stage;
    if (isFirst && stage > 0) {
      const node = plan.ops[0]?.node ?? 0;
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
        isInput.has(tensor) ? [] : all.filter((one) => one.stage === stage).flatMap((one) => copies(tensor, one)),
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
