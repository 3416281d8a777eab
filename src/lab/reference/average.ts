/** TFLite's reference AVERAGE_POOL_2D: the mean of what of the window lies inside, half away from zero on the raw code. */
import { int16At } from '../../in_range.js';
import { valuesOf } from './convolution.js';
import type { AverageLayer } from './layer.js';
import { clamp } from './requantize.js';

const inside = (start: number, length: number, limit: number): readonly [number, number] => [
  Math.max(0, start),
  Math.min(limit, start + length),
];

export const average = (layer: AverageLayer, bytes: Uint8Array): Uint8Array => {
  const { input, output, window: w, range } = layer;
  const values = new Int16Array(valuesOf(bytes, layer.type));
  const result = new Uint8Array(output.height * output.width * output.channels);
  for (let y = 0, at = 0; y < output.height; y++) {
    const [top, bottom] = inside(y * w.strideY - w.padTop, w.height, input.height);
    for (let x = 0; x < output.width; x++) {
      const [left, right] = inside(x * w.strideX - w.padLeft, w.width, input.width);
      const count = (bottom - top) * (right - left);
      for (let c = 0; c < output.channels; c++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++)
            sum += int16At(values, (row * input.width + column) * input.channels + c);
        }
        result[at++] = clamp(Math.trunc((sum + (sum > 0 ? 1 : -1) * Math.floor(count / 2)) / count), range);
      }
    }
  }
  return result;
};
