/** The planes of all tensors that operations name: those of the graph, and those that views, constants, pieces and blocks bring along. */
import type { Graph } from '../graph/graph.js';
import { planeOf } from '../graph/tensor.js';
import type { Operation } from '../ir/operation.js';

/** Height, width, channels. */
export type Plane = readonly [number, number, number];
export type Planes = (tensor: number) => Plane | null;

export const planesOf = (graph: Graph, operations: readonly Operation[]): Planes => {
  const own = new Map<number, Plane>();
  for (const op of operations)
    if (op.kind === 'view' || op.kind === 'constant' || op.kind === 'piece' || op.kind === 'blocks')
      own.set(op.output, op.shape);
  return (tensor) => {
    const known = graph.tensors.get(tensor);
    return own.get(tensor) ?? (known === undefined ? null : planeOf(known));
  };
};

export const samePlane = (a: Plane | null, b: Plane | null): boolean =>
  a !== null && b !== null && a.every((size, i) => size === b[i]);

export const planeText = (plane: Plane | null): string => (plane === null ? 'of no known shape' : plane.join('x'));
