/** A list of operations as the search for stages sees it: memories (a tensor with its views), who writes and reads them, and where the list may be cut. */
import { wholesOf } from '../fuse/wholes.js';
import type { Graph, Part } from '../graph/graph.js';
import { planeOf } from '../graph/tensor.js';
import { at } from '../in_range.js';
import { type Operation, operandsOf, type ViewOperation } from '../ir/operation.js';
import type { Position, TensorId } from '../hardware/units.js';

/** Height, width, channels. */
export type Plane = readonly [number, number, number];

export interface Survey {
  readonly operations: readonly Operation[];
  readonly ends: Part;
  readonly planeOf: (tensor: TensorId) => Plane;
  /** The tensor whose memory it is a part of. */
  readonly rootOf: (tensor: TensorId) => TensorId;
  readonly views: ReadonlyMap<TensorId, ViewOperation>;
  /** Positions of the operations that write a memory, and that read it. */
  readonly writers: ReadonlyMap<TensorId, readonly Position[]>;
  readonly readers: ReadonlyMap<TensorId, readonly Position[]>;
  readonly constants: ReadonlySet<TensorId>;
  /** Memories that are not written, or not read, row for row as a whole: what is cut by rows must not touch them. */
  readonly uneven: ReadonlySet<TensorId>;
  /** The same for what is cut by channels. */
  readonly unevenChannels: ReadonlySet<TensorId>;
  /** Positions before which a stage may end: no memory is written on both sides. The first and the end are among them. */
  readonly cuts: readonly Position[];
  /** The first tensor that nothing uses. */
  readonly firstFresh: TensorId;
}

/** Says where something is, and runs nowhere. */
export const isDeclaration = ({ kind }: Operation): boolean => kind === 'view' || kind === 'constant';

const added = (map: Map<TensorId, Position[]>, root: TensorId, position: Position): void => {
  const known = map.get(root);
  if (known === undefined) map.set(root, [position]);
  else known.push(position);
};

const planesOf = (graph: Graph, operations: readonly Operation[]): ((tensor: TensorId) => Plane) => {
  const own = new Map<TensorId, Plane>();
  for (const one of operations)
    if (one.kind === 'view' || one.kind === 'constant' || one.kind === 'piece') own.set(one.output, one.shape);
  const find = (tensor: TensorId): Plane => own.get(tensor) ?? planeOf(graph.tensors.get(tensor) ?? { shape: [] });
  for (const one of operations) {
    if (one.kind !== 'border') continue;
    const [outside, inside] = one.side === 'input' ? [one.input, one.output] : [one.output, one.input];
    own.set(outside, find(inside));
  }
  return find;
};

const hasAllRows = ({ shape, first, line }: ViewOperation, whole: Plane): boolean =>
  first === 0 && line === whole[1] && shape[0] === whole[0] && shape[1] === whole[1];

/** @param fixed tensors that the caller has in an order that rows of them would not have */
export const surveyOf = (
  graph: Graph,
  ends: Part,
  operations: readonly Operation[],
  fixed: ReadonlySet<TensorId>,
): Survey => {
  const rootOf = wholesOf(operations);
  const planes = planesOf(graph, operations);
  const writers = new Map<TensorId, Position[]>();
  const readers = new Map<TensorId, Position[]>();
  for (const [position, one] of operations.entries()) {
    if (isDeclaration(one)) continue;
    added(writers, rootOf(one.output), position);
    for (const tensor of operandsOf(one)) added(readers, rootOf(tensor), position);
  }
  const views = operations.filter((one): one is ViewOperation => one.kind === 'view');
  const ofSomeRows = views.filter((view) => view.whole !== null && !hasAllRows(view, planes(view.whole)));
  /** Read before all of it is written: how many rows its last writers need would be known too late. */
  const early = [...writers].filter(([root, all]) => {
    const last = Math.max(...all);
    return (readers.get(root) ?? []).some((position) => position < last && !all.includes(position));
  });
  const uneven = new Set([...ofSomeRows.map(({ output }) => rootOf(output)), ...early.map(([root]) => root), ...fixed]);
  const isCut = (position: Position): boolean =>
    [...writers.values()].every((all) => !all.some((one) => one < position) || all.every((one) => one < position));
  const inside = [...operations.keys()].filter((position) => position > 0 && isCut(position));
  // Cuts with only declarations between them are one.
  const counted = inside.filter((position) => {
    const before = operations[position - 1];
    return before !== undefined && !isDeclaration(before);
  });
  const named = operations.flatMap((one) => [...operandsOf(one), one.output]);
  return {
    operations,
    ends,
    planeOf: planes,
    rootOf,
    views: new Map(views.map((view) => [view.output, view])),
    writers,
    readers,
    constants: new Set(operations.flatMap((one) => (one.kind === 'constant' ? [one.output] : []))),
    uneven,
    unevenChannels: new Set([
      ...uneven,
      ...views.flatMap(({ output, whole }) => (whole === null ? [] : [rootOf(output)])),
    ]),
    cuts: [0, ...counted, operations.length],
    firstFresh: Math.max(-1, ...graph.tensors.keys(), ...named, ...ends.inputs, ...ends.outputs) + 1,
  };
};

/** Memories that operations of `from` to `to` write and others, or the caller, read. */
export const givenBy = (survey: Survey, from: Position, to: Position): readonly TensorId[] => {
  const wanted = new Set(survey.ends.outputs.map(survey.rootOf));
  return [...survey.writers].flatMap(([root, positions]) => {
    const first = at(positions, 0);
    if (first < from || first >= to) return [];
    const isRead = (survey.readers.get(root) ?? []).some((position) => position >= to);
    return isRead || wanted.has(root) ? [root] : [];
  });
};

/** A memory that is there before a stage, and the first operation of the stage, or behind, that reads it. */
export interface Crossing {
  readonly root: TensorId;
  readonly reader: Position;
}

/** What stands before `from`, made by others or given by the caller, and is read from there on; by its first reader. */
export const crossingsAt = (survey: Survey, from: Position): readonly Crossing[] =>
  [...survey.readers]
    .flatMap(([root, positions]): readonly Crossing[] => {
      const [first] = survey.writers.get(root) ?? [];
      // What nothing writes the caller gives.
      if ((first !== undefined && first >= from) || survey.constants.has(root)) return [];
      const reader = positions.find((position) => position >= from);
      return reader === undefined ? [] : [{ root, reader }];
    })
    .sort((a, b) => a.reader - b.reader);

/** Memories that operations of `from` to `to` read and that are written before, or given by the caller. */
export const takenBy = (survey: Survey, from: Position, to: Position): readonly TensorId[] =>
  crossingsAt(survey, from).flatMap(({ root, reader }) => (reader < to ? [root] : []));
