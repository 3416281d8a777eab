/** Where each tensor between two nodes of a partition stands in the arena, and when: for tools that compare them. */
import type { Arena, MemoryName } from '../allocate/arena.js';
import type { Order } from '../rewrite/order.js';
import { type Cube, spannedBytes } from '../layout/cube.js';
import type { Graph, Part } from '../graph/graph.js';
import { isByteTensor } from '../graph/tensor.js';
import type { Placement } from '../place/place.js';

export interface InnerTensor {
  readonly tensor: number;
  /** The node that makes it. */
  readonly node: number;
  /** null: no memory holds its values as TFLite's tensor has them. */
  readonly memory: {
    readonly cube: Cube;
    readonly memory: MemoryName;
    readonly offset: number;
    readonly length: number;
    /** Of the memory's axes, where that is not the order of the shape. */
    readonly order: Order | null;
    /** Operations that have run when it is whole, and before the last one that reads it starts. */
    readonly made: number;
    readonly lastRead: number;
  } | null;
}

/** Tensors that nodes of the partition make, the partition's outputs among them. */
export const innerTensors = (
  graph: Graph,
  part: Part,
  { operations, spots, borders, constants }: Placement,
  arena: Arena,
  orders: ReadonlyMap<number, Order | null>,
): readonly InnerTensor[] => {
  const inside = graph.nodes.filter(({ index }) => part.nodes.includes(index));
  const positionsOf = (node: number): readonly number[] =>
    operations.flatMap(({ nodes }, position) => (nodes.includes(node) ? [position] : []));
  /** Operations behind which a tensor is whole: one without a task is when what its node reads is there. */
  const madeAt = new Map<number, number>();
  /** What nothing here makes is there from the start. */
  const wholeAt = (tensor: number): number => {
    const made = madeAt.get(tensor);
    return made === undefined ? 0 : made;
  };
  for (const node of inside) {
    const own = positionsOf(node.index).map((position) => position + 1);
    const done = Math.max(0, ...own, ...node.inputs.map(wholeAt));
    for (const tensor of node.outputs) madeAt.set(tensor, done);
  }
  return inside.flatMap((node) =>
    node.outputs.flatMap((tensor): readonly InnerTensor[] => {
      if (!isByteTensor(graph.tensors.get(tensor) ?? null)) return [];
      const [spot, place, order = null] = [spots.get(tensor), arena.places.get(tensor), orders.get(tensor)];
      const made = wholeAt(tensor);
      const other = borders.has(tensor) || (orders.has(tensor) && order === null);
      if (spot === undefined || place === undefined || other || constants.has(spot.root) || made === 0)
        return [{ tensor, node: node.index, memory: null }];
      const readers = inside
        .filter(({ inputs }) => inputs.includes(tensor))
        .flatMap(({ index }) => positionsOf(index).slice(0, 1));
      const lastRead = part.outputs.includes(tensor) ? operations.length : Math.max(made, ...readers);
      const { cube } = spot;
      return [
        { tensor, node: node.index, memory: { cube, ...place, length: spannedBytes(cube), order, made, lastRead } },
      ];
    }),
  );
};
