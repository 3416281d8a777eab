/** What stands where in a part's memory, and how long. */
import type { Graph } from '../graph/graph.js';
import { operandsOf } from '../ir/operation.js';
import type { PartStages } from '../stages.js';

export interface MemoryBlock {
  readonly memory: 'arena' | 'io';
  readonly offset: number;
  readonly bytes: number;
  /** Positions of the operations that need it first and last; -1: the part's input, `operations`: its output. */
  readonly from: number;
  readonly to: number;
  /** The tensors of TFLite's that it holds, whole or in parts; none: what only the NPU makes. */
  readonly tensors: readonly string[];
}

export interface PartMemory {
  readonly operations: number;
  readonly blocks: readonly MemoryBlock[];
}

export const partMemory = (
  { lifetimes, arena }: PartStages['allocate'],
  { placement }: PartStages['tile'],
  graph: Graph,
): PartMemory => {
  const { operations, spots } = placement;
  const used = new Set(operations.flatMap((operation) => [...operandsOf(operation), operation.output]));
  return {
    operations: operations.length,
    blocks: lifetimes.flatMap(({ tensor, bytes, from, to, memory }): readonly MemoryBlock[] => {
      const place = arena.places.get(tensor);
      if (place === undefined) return [];
      const inside = [...spots].flatMap(([one, { root }]) => (root === tensor && used.has(one) ? [one] : []));
      const names = [...new Set([tensor, ...inside])].flatMap((one) => graph.tensors.get(one)?.name ?? []);
      return [{ memory, offset: place.offset, bytes, from, to, tensors: names }];
    }),
  };
};
