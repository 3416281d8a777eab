/** Cuts what an elementwise task walks: all rows and surfaces where the readers can follow them, else row by row. */
import type { Chip } from '../hardware/chips.js';
import { type Cube, liveSurfaces } from '../layout/cube.js';
import { hasWholeRows } from '../place/spots.js';
import type { ElementwiseTile } from './task.js';

/** Contiguous surfaces of one atom are a row: nothing is known of flying tasks on single pixels. */
const asRow = (cubes: readonly Cube[]): readonly Cube[] => {
  const flat = cubes.every((cube) => cube.height * cube.width === 1 && cube.surfaceBytes === cube.atom);
  if (!flat) return cubes;
  return cubes.map((cube) => {
    const width = liveSurfaces(cube);
    return { ...cube, width, channels: cube.atom, lineBytes: width * cube.atom };
  });
};

/** A single pixel whose channels stand for all places of a plane. */
const isPixel = ({ height, width }: Cube, output: Cube): boolean =>
  height * width === 1 && output.height * output.width > 1;

/** @param given the operands' cubes and, last, the output's: all of one shape, but for an operand of one pixel */
export const elementwiseTiles = ({ limits }: Chip, given: readonly Cube[]): readonly ElementwiseTile[] => {
  const cubes = asRow(given);
  const output = cubes.at(-1);
  if (output === undefined) return [];
  const { atom, width, height } = output;
  const notch = output.height === 1 ? 0 : output.lineBytes / atom - width;
  const gapless = cubes.slice(0, -1).every(hasWholeRows);
  const rowStep = gapless && width <= limits.elementwiseColumns && notch <= limits.notch ? limits.plane : 1;
  const channelStep = Math.floor(limits.outputChannels / atom) * atom;
  const tiles: ElementwiseTile[] = [];
  for (let channel = 0; channel < output.channels; channel += channelStep) {
    for (let row = 0; row < height; row += rowStep) {
      for (let column = 0; column < width; column += limits.elementwiseColumns) {
        const places = cubes.map((cube) => {
          const inPlane = isPixel(cube, output) ? 0 : row * cube.lineBytes + column * atom;
          return {
            start: (channel / atom) * cube.surfaceBytes + inPlane,
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
