/** A plane whose pixels at the edges are repeated around it. */
import { buffer, moveArea, type Plane, type FreshIds, wholeArea } from './arrange.js';
import type { Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';

/** Copies of the first and of the last row or column: 0 or 1. */
export interface Edges {
  readonly before: 0 | 1;
  readonly behind: 0 | 1;
}

/** A tensor, its plane, and what makes it. */
export interface Made {
  readonly tensor: TensorId;
  readonly plane: Plane;
  readonly operations: readonly Operation[];
}

const alongAxis = (
  axis: 0 | 1,
  { before, behind }: Edges,
  { tensor, plane, operations }: Made,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): Made => {
  if (before + behind === 0) return { tensor, plane, operations };
  const length = plane[axis];
  const sized = (size: number): Plane => (axis === 0 ? [size, plane[1], plane[2]] : [plane[0], size, plane[2]]);
  const wide = sized(before + length + behind);
  const around = buffer(nodes, fresh.next(), wide);
  /** `count` rows or columns from one place to another; a row is as far from the next as it is long. */
  const copy = (from: number, to: number, count: number): readonly Operation[] =>
    moveArea(
      { ...wholeArea(tensor, plane), shape: sized(count), first: axis === 0 ? from * plane[1] : from },
      { ...wholeArea(around.output, wide), shape: sized(count), first: axis === 0 ? to * wide[1] : to },
      nodes,
      fresh,
    );
  return {
    tensor: around.output,
    plane: wide,
    operations: [
      ...operations,
      around,
      ...copy(0, before, length),
      ...(before === 1 ? copy(0, 0, 1) : []),
      ...(behind === 1 ? copy(length - 1, before + length, 1) : []),
    ],
  };
};

/** Columns first, then whole rows: that takes no copies for the corners. */
export const withEdges = (
  input: TensorId,
  plane: Plane,
  [rows, columns]: readonly [Edges, Edges],
  nodes: readonly NodeId[],
  fresh: FreshIds,
): Made => {
  const wide = alongAxis(1, columns, { tensor: input, plane, operations: [] }, nodes, fresh);
  return alongAxis(0, rows, wide, nodes, fresh);
};
