/**
 * Cuts a plane whose pixels are repeated by the DPU's reader: 16 channels a task. What a task writes has two surfaces, the
 * two rows that a row becomes; so a surface is an output row away from the other, and a row two of them from the next.
 */
import type { Chip } from '../hardware/chips.js';
import type { Cube } from '../layout/cube.js';
import { hasWholeRows } from '../place/spots.js';
import type { ElementwiseTile } from './task.js';

/** @param cubes the input's and the output's. @returns tiles with the input's columns and rows */
export const unpoolTiles = ({ atoms, limits }: Chip, [input, output]: readonly Cube[]): readonly ElementwiseTile[] => {
  if (input === undefined || output === undefined) return [];
  const { width, height } = input;
  const notch = (2 * output.lineBytes) / atoms.channels - 2 * width;
  const columnStep = limits.elementwiseColumns / 2;
  const rowStep = hasWholeRows(input) && width <= columnStep && notch <= limits.notch ? limits.plane : 1;
  const tiles: ElementwiseTile[] = [];
  for (let channel = 0; channel < output.channels; channel += atoms.channels) {
    const surface = channel / atoms.channels;
    for (let row = 0; row < height; row += rowStep) {
      for (let column = 0; column < width; column += columnStep) {
        const from = surface * input.surfaceBytes + row * input.lineBytes + column * atoms.channels;
        const to = surface * output.surfaceBytes + 2 * row * output.lineBytes + 2 * column * atoms.channels;
        tiles.push({
          operands: [{ start: from, surfaceBytes: input.surfaceBytes }],
          output: { start: to, surfaceBytes: output.lineBytes },
          columns: Math.min(columnStep, width - column),
          rows: Math.min(rowStep, height - row),
          channel,
          channels: Math.min(atoms.channels, output.channels - channel),
          notch: rowStep === 1 ? 0 : notch,
        });
      }
    }
  }
  return tiles;
};
