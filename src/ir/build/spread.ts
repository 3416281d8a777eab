/** One pixel, row or column in every place of a plane: a resize of one pixel, operands that are repeated. */
import { type Area, areaTensor, type Plane, type FreshIds, wholeArea } from './arrange.js';
import { identityConvolution } from './copy.js';
import type { Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';

/** The largest plane that one pixel is spread over in a task: the kernel's padding ends there. */
const spread = 16;
const mostSpreads = 64;

/** Regions of an axis: of a few places where one is repeated over it, else all. */
const stepOf = (from: number, length: number): number => (from === length ? length : spread);

/** Whether a plane takes few enough tasks. `from`: what is spread, of the same size or 1 along each axis. */
export const spreads = (from: Plane, [height, width]: Plane): boolean =>
  Math.ceil(height / stepOf(from[0], height)) * Math.ceil(width / stepOf(from[1], width)) <= mostSpreads;

/** One row, one column or one pixel in all places: a kernel of ones meets it from each place; padding counts nothing. */
export const spreadPixels = (
  input: TensorId,
  from: Plane,
  output: TensorId,
  plane: Plane,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const [height, width, channels] = plane;
  const [rowStep, columnStep] = [stepOf(from[0], height), stepOf(from[1], width)];
  const operations: Operation[] = [];
  for (let row = 0; row < height; row += rowStep) {
    for (let column = 0; column < width; column += columnStep) {
      const [rows, columns] = [Math.min(rowStep, height - row), Math.min(columnStep, width - column)];
      const region: Area = {
        ...wholeArea(output, plane),
        shape: [rows, columns, channels],
        first: row * width + column,
      };
      const { tensor, views } = areaTensor(region, nodes, fresh);
      const identity = identityConvolution({ kind: 'move', nodes, input, output: tensor }, from);
      const [kernelHeight, kernelWidth] = [from[0] === height ? 1 : rows, from[1] === width ? 1 : columns];
      const geometry = {
        ...identity.geometry,
        outputHeight: rows,
        outputWidth: columns,
        kernelHeight,
        kernelWidth,
        padTop: kernelHeight - 1,
        padLeft: kernelWidth - 1,
      };
      const weights = new Int8Array(kernelHeight * kernelWidth * channels).fill(1);
      operations.push(...views, { ...identity, geometry, weights });
    }
  }
  return operations;
};
