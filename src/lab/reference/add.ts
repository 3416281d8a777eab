/** TFLite's reference ADD: both operands at 2^20 on the grid of twice the larger scale, their sum back to the output's. */
import { at } from '../../in_range.js';
import { quantizeMultiplier } from '../../tflite/multiplier.js';
import { valuesOf } from './convolution.js';
import type { AddLayer } from './layer.js';
import { clamp, requantizer } from './requantize.js';

const fraction = 2 ** 20;

export const add = (layer: AddLayer, first: Uint8Array, second: Uint8Array): Uint8Array => {
  const { type, range } = layer;
  const [firstScale, secondScale, outputScale] = layer.scales;
  const [firstZero, secondZero, outputZero] = layer.zeroPoints;
  const twice = 2 * Math.max(firstScale, secondScale);
  const one = requantizer(quantizeMultiplier(firstScale / twice));
  const other = requantizer(quantizeMultiplier(secondScale / twice));
  const output = requantizer(quantizeMultiplier(twice / (fraction * outputScale)));
  const [a, b] = [valuesOf(first, type), valuesOf(second, type)];
  return Uint8Array.from(a, (value, i) => {
    const sum = one((value - firstZero) * fraction) + other((at(b, i) - secondZero) * fraction);
    return clamp(output(sum) + outputZero, range);
  });
};
