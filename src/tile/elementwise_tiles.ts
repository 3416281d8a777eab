/** Cuts a flat run of atoms into planes that an elementwise task can walk. */
import { limits } from '../hardware/limits.js';
import type { Cube } from '../layout/cube.js';
import { liveSurfaces } from '../layout/cube.js';
import type { ElementwiseTile } from './task.js';

/** Rows of the cube, all its live surfaces one below the other; a wide row counts as several. */
export const elementwiseTiles = (cube: Cube): readonly ElementwiseTile[] => {
  const pieces = Math.ceil(cube.width / limits.elementwiseColumns);
  const rows = cube.height * liveSurfaces(cube);
  const tiles: ElementwiseTile[] = [];
  if (pieces > 1) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < cube.width; column += limits.elementwiseColumns) {
        tiles.push({
          atom: row * cube.width + column,
          columns: Math.min(limits.elementwiseColumns, cube.width - column),
          rows: 1,
        });
      }
    }
    return tiles;
  }
  for (let row = 0; row < rows; row += limits.plane) {
    tiles.push({ atom: row * cube.width, columns: cube.width, rows: Math.min(limits.plane, rows - row) });
  }
  return tiles;
};
