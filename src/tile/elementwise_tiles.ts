/** Cuts what an elementwise task walks: all rows and surfaces where the readers can follow them, else row by row. */
import { atoms, limits } from '../hardware/limits.js';
import { type Cube, liveSurfaces, planeBytes } from '../layout/cube.js';
import { hasWholeRows } from '../place/spots.js';
import type { ElementwiseTile } from './task.js';

/** Surfaces of one atom that stand one behind the other are a row: nothing is known of flying tasks on single pixels. */
const asRow = (cubes: readonly Cube[]): readonly Cube[] => {
  const flat = cubes.every((cube) => cube.height * cube.width === 1 && cube.surfaceBytes === planeBytes(1, 1));
  if (!flat) return cubes;
  return cubes.map((cube) => {
    const width = liveSurfaces(cube);
    return { ...cube, width, channels: atoms.channels, lineBytes: width * atoms.channels };
  });
};

/** A single pixel whose channels stand for all places of a plane. */
const isPixel = ({ height, width }: Cube, output: Cube): boolean =>
  height * width === 1 && output.height * output.width > 1;

/** @param given the operands' cubes and, last, the output's: all of one shape, but for an operand of one pixel */
export const elementwiseTiles = (given: readonly Cube[]): readonly ElementwiseTile[] => {
  const cubes = asRow(given);
  const output = cubes.at(-1);
  if (output === undefined) return [];
  const { width, height } = output;
  const notch = output.height === 1 ? 0 : output.lineBytes / atoms.channels - width;
  const gapless = cubes.slice(0, -1).every(hasWholeRows);
  const rowStep = gapless && width <= limits.elementwiseColumns && notch <= limits.notch ? limits.plane : 1;
  const channelStep = Math.floor(limits.outputChannels / atoms.channels) * atoms.channels;
  const tiles: ElementwiseTile[] = [];
  for (let channel = 0; channel < output.channels; channel += channelStep) {
    for (let row = 0; row < height; row += rowStep) {
      for (let column = 0; column < width; column += limits.elementwiseColumns) {
        const places = cubes.map((cube) => {
          const inPlane = isPixel(cube, output) ? 0 : row * cube.lineBytes + column * atoms.channels;
          return {
            start: (channel / atoms.channels) * cube.surfaceBytes + inPlane,
            surfaceBytes: cube.surfaceBytes,
          };
        });
        tiles.push({
          operands: places.slice(0, -1),
          output: places.at(-1) ?? { start: 0, surfaceBytes: 0 },
          columns: Math.min(limits.elementwiseColumns, width - column),
          rows: Math.min(rowStep, height - row),
          channel,
          channels: Math.min(channelStep, output.channels - channel),
          notch: rowStep === 1 ? 0 : notch,
        });
      }
    }
  }
  return tiles;
};
