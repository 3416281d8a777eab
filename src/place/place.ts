/**
 * Operations -> tasks and places: a move needs no task where its two tensors can be one memory. The result of a move takes
 * the place of its input (reshape, split), or the input is written where the result stands (concatenation).
 */
import { raiseTo } from '../tally.js';
import { NodeError } from '../error.js';
import type { Cube } from '../layout/cube.js';
import type { Chip } from '../hardware/chips.js';
import type { Graph, Part } from '../graph/graph.js';
import { copyOperation, identityConvolution, padConvolution } from '../ir/build/copy.js';
import {
  namingNode,
  type Blocks,
  type BorderLayout,
  type MoveOperation,
  type Operation,
  operandsOf,
  type PlacedOperation,
  type TaskOperation,
} from '../ir/operation.js';
import { clobbers, readsItsOutput, sharesMemory } from './clobber.js';
import { losesValues } from './hazards.js';
import { strayView } from './views.js';
import { type Binding, hasWholeRows, isSolid, ownCube, type Spot, spotOf, type Tensors, tensorsOf } from './spots.js';
import type { Bytes, TensorId } from '../hardware/units.js';

export interface Placement {
  readonly operations: readonly PlacedOperation[];
  /** Every tensor that the operations or the partition name. */
  readonly spots: ReadonlyMap<TensorId, Spot>;
  /** Bytes of each root. */
  readonly roots: ReadonlyMap<TensorId, Bytes>;
  /** A tensor that is read, or a result of the partition, and that nothing writes; null where there is none. */
  readonly missing: TensorId | null;
  /** Tensors that the host lays out from another form than NHWC of their cube. */
  readonly borders: ReadonlyMap<TensorId, BorderLayout | Blocks>;
  /** Tensors that stand among the constants and not in the arena: their codes, HWC. */
  readonly constants: ReadonlyMap<TensorId, Int8Array>;
}

interface Needs {
  /** Operands of elementwise tasks: rows without gaps between them. */
  readonly wholeRows: ReadonlySet<number>;
  /** Operands and results of a fused ADD, values for each channel: surfaces without gaps as well. */
  readonly solid: ReadonlySet<number>;
  /** Tensors with parts that were laid out for a solid whole. */
  readonly wholes: ReadonlySet<number>;
}

const needsOf = (operations: readonly Operation[]): Needs => {
  const wholeRows = operations.flatMap((op) =>
    ['conv', 'move', 'view', 'border', 'blocks', 'piece', 'host'].includes(op.kind) ? [] : operandsOf(op),
  );
  const solid = operations.flatMap((op) =>
    op.kind === 'conv' && op.residual !== null
      ? [op.residual.operand, op.output]
      : op.kind === 'pair' && op.stages.ew?.perChannel === true
        ? [op.inputs[1]]
        : [],
  );
  const wholes = operations.flatMap((op) => (op.kind === 'view' && op.whole !== null ? [op.whole] : []));
  return { wholeRows: new Set(wholeRows), solid: new Set(solid), wholes: new Set(wholes) };
};

const accepts = (chip: Chip, needs: Needs, tensor: number, cube: Cube): boolean =>
  (!needs.wholeRows.has(tensor) || hasWholeRows(cube)) &&
  ((!needs.solid.has(tensor) && !needs.wholes.has(tensor)) || isSolid(chip, cube));

const viewBindings = (operations: readonly Operation[]): Map<number, Binding> =>
  new Map(
    operations.flatMap((op) =>
      op.kind === 'view' && op.whole !== null
        ? [[op.output, { whole: op.whole, channel: op.channel, first: op.first, line: op.line }] as const]
        : [],
    ),
  );

/** Moves of one node beyond this are looked at together first. */
const mostOneByOne = 8;

/** Bindings with as many moves dropped as can be; those whose results are in `kept` stay tasks. */
const bind = (
  operations: readonly Operation[],
  part: Part,
  tensors: Tensors,
  kept: ReadonlySet<number>,
): ReadonlyMap<number, Binding> => {
  const needs = needsOf(operations);
  let bindings: ReadonlyMap<number, Binding> = viewBindings(operations);
  const constants = operations.flatMap((op) => (op.kind === 'constant' ? [op.output] : []));
  const ends = { given: part.inputs, constants, wanted: part.outputs };
  const placeIn = (whole: number): Binding => ({ whole, channel: 0, first: 0, line: ownCube(tensors, whole).width });
  const within = (tensor: number, whole: number): ReadonlyMap<number, Binding> =>
    new Map(bindings).set(tensor, placeIn(whole));
  /** Every tensor that would stand elsewhere then must bear it. */
  const allowed = (next: ReadonlyMap<number, Binding>, moved: number): boolean => {
    // A whole before its parts: they are laid out for one without gaps.
    const bears = (tensor: number): boolean => {
      const whole = next.get(tensor)?.whole;
      return (
        (whole === undefined || bears(whole)) &&
        accepts(tensors.chip, needs, tensor, spotOf(tensors, next, tensor).cube)
      );
    };
    if (![...tensors.shapes.keys()].every(bears)) return false;
    const { root } = spotOf(tensors, next, moved);
    return (
      !clobbers(root, operations, part.inputs, tensors, next) &&
      !readsItsOutput(root, operations, tensors, next) &&
      !losesValues(root, operations, ends, tensors, next)
    );
  };
  const moves = operations.filter((op): op is MoveOperation => op.kind === 'move' && !kept.has(op.output));
  /** All inputs of a concatenation at once: one by one, as many of them would take the square of their number. */
  const bindTogether = (group: readonly MoveOperation[]): boolean => {
    const next = new Map(bindings);
    // Of what stands already: the places of the group are not known to be any before `allowed` has looked at them.
    const roots = new Set(group.map(({ output }) => spotOf(tensors, bindings, output).root));
    for (const { input, output } of group) {
      if (!bindings.has(output) || roots.has(input)) return false;
      if (!next.has(input)) next.set(input, placeIn(output));
    }
    const [first] = group;
    if (first === undefined || roots.size > 1 || !allowed(next, first.output)) return false;
    bindings = next;
    return true;
  };
  const groups = new Map<number, MoveOperation[]>();
  for (const move of moves) {
    const node = namingNode(move);
    groups.set(node, groups.get(node) ?? []);
    groups.get(node)?.push(move);
  }
  const together = new Set<MoveOperation>();
  for (const move of moves) {
    if (together.has(move)) continue;
    const group = groups.get(namingNode(move)) ?? [];
    if (group.length > mostOneByOne && group[0] === move && bindTogether(group)) {
      for (const one of group) together.add(one);
      continue;
    }
    for (const [tensor, whole] of [
      [move.output, move.input],
      [move.input, move.output],
    ] as const) {
      if (bindings.has(tensor) || spotOf(tensors, bindings, whole).root === tensor) continue;
      const next = within(tensor, whole);
      if (!allowed(next, tensor)) continue;
      bindings = next;
      break;
    }
  }
  return bindings;
};

/** A move that is left: by the DPU alone, or through the convolution unit where rows of the input have gaps. */
const copyOf = (move: MoveOperation, tensors: Tensors, bindings: ReadonlyMap<number, Binding>): TaskOperation => {
  const { cube } = spotOf(tensors, bindings, move.input);
  return hasWholeRows(cube) ? copyOperation(move) : identityConvolution(move, [cube.height, cube.width, cube.channels]);
};

type Unshared = PlacedOperation | MoveOperation;
const isUnshared = (op: Operation): op is Unshared =>
  !['view', 'border', 'blocks', 'piece', 'constant', 'pad'].includes(op.kind);

const tasksOf = (
  operations: readonly Operation[],
  part: Part,
  widen: (all: readonly Operation[]) => Tensors,
  tensors: Tensors,
  bindings: ReadonlyMap<number, Binding>,
): readonly PlacedOperation[] => {
  const left = operations.filter((op): op is Unshared => isUnshared(op) && !sharesMemory(op, tensors, bindings));
  const tasks = left.map((op): PlacedOperation => (op.kind === 'move' ? copyOf(op, tensors, bindings) : op));
  const views = operations.filter(({ kind }) => kind === 'view' || kind === 'constant');
  // A depthwise copy writes more lanes than the move was thought to: row by row then.
  return tasks.map((task, i) => {
    const move = left[i];
    if (move?.kind !== 'move' || task.kind !== 'conv') return task;
    const widened = widen([...views, ...tasks]);
    const { root } = spotOf(widened, bindings, task.output);
    return clobbers(root, tasks, part.inputs, widened, bindings) ? copyOperation(move) : task;
  });
};

/**
 * Borders as moves, with the shapes that their tensors' cubes have then; every tensor of the partition's border is named. Pads as
 * convolutions.
 */
const takeBorders = (graph: Graph, part: Part, operations: readonly Operation[]) => {
  const shapeOf = (tensor: number): readonly number[] => graph.tensors.get(tensor)?.shape ?? [];
  const named = new Map([...part.inputs, ...part.outputs].map((tensor) => [tensor, shapeOf(tensor)] as const));
  const borders = new Map<number, BorderLayout | Blocks>();
  const moves = operations.map((operation): Operation => {
    if (operation.kind === 'pad') return padConvolution(operation);
    if (operation.kind === 'piece') {
      const { nodes, input, output, shape } = operation;
      named.set(output, shape);
      return { kind: 'move', nodes, input, output };
    }
    if (operation.kind === 'blocks') {
      const { nodes, input, output, shape, blocks } = operation;
      for (const tensor of [input, output]) named.set(tensor, shape);
      borders.set(input, blocks);
      return { kind: 'move', nodes, input, output };
    }
    if (operation.kind !== 'border') return operation;
    const { nodes, input, output, side, layout } = operation;
    const [outside, inside] = side === 'input' ? [input, output] : [output, input];
    named.set(outside, shapeOf(inside));
    borders.set(outside, layout);
    return { kind: 'move', nodes, input, output };
  });
  return { moves, named, borders };
};

/** @param apart every move stays a task, so that no tensor takes the memory of another one */
export const place = (chip: Chip, graph: Graph, part: Part, wanted: readonly Operation[], apart = false): Placement => {
  const { moves: operations, named, borders } = takeBorders(graph, part, wanted);
  const tensors = tensorsOf(chip, graph, operations, named);
  const results = new Set(operations.map(({ output }) => output));
  let bindings = bind(operations, part, tensors, apart ? results : new Set());
  const widen = (all: readonly Operation[]): Tensors => tensorsOf(chip, graph, all, named);
  let tasks = tasksOf(operations, part, widen, tensors, bindings);
  if (tasks.length === 0) {
    // A job without a task is none: everything is copied then.
    bindings = bind(operations, part, tensors, results);
    tasks = tasksOf(operations, part, widen, tensors, bindings);
  }
  const constants = new Map(
    operations.flatMap((op) => (op.kind === 'constant' ? [[op.output, op.codes] as const] : [])),
  );
  const shapers = ['view', 'move', 'constant'];
  const final = widen([...operations.filter(({ kind }) => shapers.includes(kind)), ...tasks]);
  const stray = strayView(operations, final, bindings);
  if (stray !== null)
    throw new NodeError(namingNode(stray), `a view that reaches out of tensor ${stray.whole ?? stray.output}`);
  const spots = new Map([...final.shapes.keys()].map((tensor) => [tensor, spotOf(final, bindings, tensor)]));
  const roots = new Map<number, number>();
  for (const { root, offset, cube } of spots.values()) {
    if (constants.has(root)) continue;
    raiseTo(roots, root, offset + cube.surfaces * cube.surfaceBytes);
  }
  const given = [...part.inputs, ...constants.keys()];
  const made = new Set([...given, ...tasks.map(({ output }) => output)].map((tensor) => spots.get(tensor)?.root));
  const needed = [...tasks.flatMap(operandsOf), ...part.outputs];
  const isMade = (tensor: TensorId): boolean => {
    const spot = spots.get(tensor);
    return spot !== undefined && made.has(spot.root);
  };
  const missing = needed.find((tensor) => !isMade(tensor)) ?? null;
  return { operations: tasks, spots, roots, missing, borders, constants };
};
