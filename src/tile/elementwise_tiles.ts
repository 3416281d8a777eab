/** Cuts what an elementwise task walks into planes of atoms: flat ones where all tensors are solid, else surface by surface. */
import { atoms, limits } from '../hardware/limits.js';
import { type Cube, liveSurfaces } from '../layout/cube.js';
import { hasWholeRows, isSolid } from '../place/spots.js';
import type { ElementwiseTile } from './task.js';

/** Rows of one length in every tensor: where the first one starts, and how far it is to the next, in bytes. */
interface Run {
  readonly columns: number;
  readonly rows: number;
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** Rows whose operands follow each other without a gap, as the readers walk them; only the output may have a notch. */
const tilesOf = ({ columns, rows, starts, steps }: Run): readonly ElementwiseTile[] => {
  const bytes = columns * atoms.channels;
  const gapless = steps.slice(0, -1).every((step) => step === bytes);
  const notch = (steps.at(-1) ?? 0) / atoms.channels - columns;
  const most = gapless && columns <= limits.elementwiseColumns && notch <= limits.notch ? limits.plane : 1;
  const tiles: ElementwiseTile[] = [];
  for (let row = 0; row < rows; row += most) {
    for (let column = 0; column < columns; column += limits.elementwiseColumns) {
      const places = starts.map((start, i) => start + row * (steps[i] ?? 0) + column * atoms.channels);
      const count = Math.min(limits.elementwiseColumns, columns - column);
      tiles.push({
        operands: places.slice(0, -1),
        output: places.at(-1) ?? 0,
        columns: count,
        rows: Math.min(most, rows - row),
        notch: most === 1 ? 0 : notch,
      });
    }
  }
  return tiles;
};

/** Whether the surfaces of all tensors are equally far apart and have no gaps inside: with those between them they are one run. */
const areAlike = (cubes: readonly Cube[]): boolean =>
  cubes.every((cube) => hasWholeRows(cube) && cube.surfaceBytes === cubes[0]?.surfaceBytes);

/**
 * @param cubes the operands' and, last, the output's: all of one shape
 * @param writesGaps whether the output's surfaces have nothing between them that is anyone's
 */
export const elementwiseTiles = (cubes: readonly Cube[], writesGaps: boolean): readonly ElementwiseTile[] => {
  const output = cubes.at(-1);
  if (output === undefined) return [];
  const surfaces = liveSurfaces(output);
  const { width: columns, height } = output;
  const run = (surface: number, rows: number): Run => ({
    columns,
    rows,
    starts: cubes.map(({ surfaceBytes }) => surface * surfaceBytes),
    steps: cubes.map((cube) => (hasWholeRows(cube) ? columns * atoms.channels : cube.lineBytes)),
  });
  if (cubes.every(isSolid)) return tilesOf(run(0, height * surfaces));
  if (writesGaps && areAlike(cubes)) {
    const all = ((surfaces - 1) * output.surfaceBytes) / atoms.channels + height * columns;
    const steps = cubes.map(() => all * atoms.channels);
    return tilesOf({ columns: all, rows: 1, starts: cubes.map(() => 0), steps });
  }
  return Array.from({ length: surfaces }, (_, surface) => tilesOf(run(surface, height))).flat();
};
