/** A plane whose pixels at the edges are repeated around it. */
import { type Area, buffer, moveArea, type Plane, type Spare, wholeArea } from './arrange.js';
import type { Operation } from './operation.js';

/** Rows above and below, columns on the left and the right: 0 or 1. */
export interface Edges {
  readonly top: 0 | 1;
  readonly bottom: 0 | 1;
  readonly left: 0 | 1;
  readonly right: 0 | 1;
}

export interface Edged {
  readonly tensor: number;
  readonly plane: Plane;
  readonly operations: readonly Operation[];
}

export const withEdges = (
  input: number,
  plane: Plane,
  { top, bottom, left, right }: Edges,
  nodes: readonly number[],
  spare: Spare,
): Edged => {
  if (top + bottom + left + right === 0) return { tensor: input, plane, operations: [] };
  const [height, width, channels] = plane;
  const wide: Plane = [top + height + bottom, left + width + right, channels];
  const around = buffer(nodes, spare.next(), wide);
  /** Rows or columns of the input, from the first one on, and where they stand in the plane that is made. */
  const bands = (length: number, before: 0 | 1, behind: 0 | 1) => [
    { from: 0, to: before, length },
    ...(before === 1 ? [{ from: 0, to: 0, length: 1 }] : []),
    ...(behind === 1 ? [{ from: length - 1, to: before + length, length: 1 }] : []),
  ];
  // Always from the input: what stands at the edges is never read where it is written.
  const copies = bands(height, top, bottom).flatMap((rows) =>
    bands(width, left, right).flatMap((columns) => {
      const shape: Plane = [rows.length, columns.length, channels];
      const from: Area = { ...wholeArea(input, plane), shape, first: rows.from * width + columns.from };
      const to: Area = { ...wholeArea(around.output, wide), shape, first: rows.to * wide[1] + columns.to };
      return moveArea(from, to, nodes, spare);
    }),
  );
  return { tensor: around.output, plane: wide, operations: [around, ...copies] };
};
