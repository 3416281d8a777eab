/**
 * Planes that take turns: output pixel (y, x) comes from plane (y mod rows, x mod columns). The DPU leaves gaps between rows
 * only, so pixels are put side by side as rows of one pixel first, then the rows of pixels one below the other.
 */
import { at } from '../../in_range.js';
import { buffer, moveArea, type Plane, type FreshIds, wholeArea } from './arrange.js';
import type { Made } from './edges.js';
import type { Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';

/** @param planes tensor index of each plane, by row and column; all of the shape `plane` */
export const interleave = (
  planes: readonly (readonly number[])[],
  plane: Plane,
  output: TensorId,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const [height, width, channels] = plane;
  const [rows, columns] = [planes.length, at(planes, 0).length];
  const wide: Plane = [height, width * columns, channels];
  const target = wholeArea(output, [height * rows, width * columns, channels]);
  // Rows of the same planes are put side by side once.
  const bands = new Map<string, number>();
  return planes.flatMap((across, row): readonly Operation[] => {
    const operations: Operation[] = [];
    let band = columns > 1 ? bands.get(across.join()) : across[0];
    if (band === undefined) {
      const own = rows > 1 ? buffer(nodes, fresh.next(), wide) : null;
      if (own !== null) operations.push(own);
      band = own?.output ?? output;
      bands.set(across.join(), band);
      for (const [column, tensor] of across.entries()) {
        const pixels: Plane = [height * width, 1, channels];
        const from = { ...wholeArea(tensor, plane), shape: pixels, line: 1 };
        const to = { ...wholeArea(band, wide), shape: pixels, first: column, line: columns };
        operations.push(...moveArea(from, to, nodes, fresh));
      }
    }
    if (rows === 1 && columns > 1) return operations;
    const to = { ...target, shape: wide, first: row * wide[1], line: rows * wide[1] };
    return [...operations, ...moveArea(wholeArea(band, wide), to, nodes, fresh)];
  });
};

/** Every pixel some times, side by side. */
export const repeatedColumns = (
  { tensor, plane, operations }: Made,
  times: number,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): Made => {
  if (times === 1) return { tensor, plane, operations };
  const repeated: Plane = [plane[0], plane[1] * times, plane[2]];
  const result = buffer(nodes, fresh.next(), repeated);
  const copies = interleave([Array.from({ length: times }, () => tensor)], plane, result.output, nodes, fresh);
  return { tensor: result.output, plane: repeated, operations: [...operations, result, ...copies] };
};
