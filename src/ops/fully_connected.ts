/**
 * FULLY_CONNECTED: a 1x1 convolution over rows of the filter's depth. With one row of input that is a whole feature map, the
 * kernel is as large as the map.
 */
import { kernelWrong } from '../hardware/capability.js';
import { plainGeometry } from '../ir/build/copy.js';
import { denseOp, wholeMap } from './dense.js';

export const fullyConnected = denseOp('FULLY_CONNECTED', ({ chip, input, rows, outputChannels, depth }) => {
  if (input.shape.at(-1) === depth) return plainGeometry([1, rows, depth], outputChannels);
  const geometry = wholeMap(input, outputChannels);
  return rows === 1 && kernelWrong(chip, geometry, false) === null ? geometry : null;
});

/** FULLY_CONNECTED of a map that TFLite flattens to one row (`rewrite/flat_dense.ts`): flattening costs nothing. */
export const flatFullyConnected = denseOp('FLAT_FULLY_CONNECTED', ({ input, outputChannels }) =>
  wholeMap(input, outputChannels),
);
