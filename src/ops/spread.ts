/** One pixel in every place of a plane: a resize of one pixel, an operand that holds one value for each channel. */
import { type Area, areaTensor, type Plane, type Spare, wholeArea } from './arrange.js';
import { identityConvolution } from './copy.js';
import type { Operation } from './operation.js';

/** The largest plane that one pixel is spread over in a task: the kernel's padding ends there. */
const spread = 16;
const mostSpreads = 64;

/** Whether a plane takes few enough tasks. */
export const spreads = ([height, width]: Plane): boolean =>
  Math.ceil(height / spread) * Math.ceil(width / spread) <= mostSpreads;

/** A kernel of ones that meets the one pixel from every place of a region; padding counts nothing. */
export const spreadPixel = (
  input: number,
  output: number,
  plane: Plane,
  nodes: readonly number[],
  spare: Spare,
): readonly Operation[] => {
  const [height, width, channels] = plane;
  const operations: Operation[] = [];
  for (let row = 0; row < height; row += spread) {
    for (let column = 0; column < width; column += spread) {
      const [rows, columns] = [Math.min(spread, height - row), Math.min(spread, width - column)];
      const region: Area = {
        ...wholeArea(output, plane),
        shape: [rows, columns, channels],
        first: row * width + column,
      };
      const { tensor, views } = areaTensor(region, nodes, spare);
      const identity = identityConvolution({ kind: 'move', nodes, input, output: tensor }, [1, 1, channels]);
      const geometry = {
        ...identity.geometry,
        outputHeight: rows,
        outputWidth: columns,
        kernelHeight: rows,
        kernelWidth: columns,
        padTop: rows - 1,
        padLeft: columns - 1,
      };
      const weights = new Int8Array(rows * columns * channels).fill(1);
      operations.push(...views, { ...identity, geometry, weights });
    }
  }
  return operations;
};
