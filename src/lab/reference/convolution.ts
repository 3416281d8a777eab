/**
 * TFLite's reference CONV_2D and DEPTHWISE_CONV_2D: sums of products in int32, then `requantize.ts`. Sums and results are
 * apart, because a comparison asks how near a sum was to the next value.
 */
import { int16At, int32At, ofChannel } from '../../in_range.js';
import type { ByteType, ConvolutionLayer } from './layer.js';
import { clamp, requantizer } from './requantize.js';

/** Values of a byte tensor as numbers. */
export const valuesOf = (bytes: Uint8Array, type: ByteType): Int8Array | Uint8Array =>
  type === 'int8' ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;

/** The window at one output position, less the zero-point; 0 outside the plane, which is what TFLite adds there. */
const gather = (layer: ConvolutionLayer, values: Int16Array, y: number, x: number, patch: Int16Array): void => {
  const { input, window: w, inputZeroPoint: zero } = layer;
  let at = 0;
  for (let ky = 0; ky < w.height; ky++) {
    const row = y * w.strideY - w.padTop + ky * w.dilationY;
    for (let kx = 0; kx < w.width; kx++) {
      const column = x * w.strideX - w.padLeft + kx * w.dilationX;
      if (row < 0 || row >= input.height || column < 0 || column >= input.width) {
        for (let c = 0; c < input.channels; c++) patch[at++] = 0;
      } else {
        const from = (row * input.width + column) * input.channels;
        for (let c = 0; c < input.channels; c++) patch[at++] = int16At(values, from + c) - zero;
      }
    }
  }
};

/** Four kernels at a time: the window is read once for them. */
const direct = (weights: Int16Array, patch: Int16Array, sums: Int32Array, at: number, kernels: number): void => {
  const size = patch.length;
  let kernel = 0;
  for (; kernel + 4 <= kernels; kernel += 4) {
    let [a, b, c, d] = [0, 0, 0, 0];
    const from = kernel * size;
    for (let i = 0; i < size; i++) {
      const x = int16At(patch, i);
      a = (a + x * int16At(weights, from + i)) | 0;
      b = (b + x * int16At(weights, from + size + i)) | 0;
      c = (c + x * int16At(weights, from + 2 * size + i)) | 0;
      d = (d + x * int16At(weights, from + 3 * size + i)) | 0;
    }
    sums[at + kernel] = int32At(sums, at + kernel) + a;
    sums[at + kernel + 1] = int32At(sums, at + kernel + 1) + b;
    sums[at + kernel + 2] = int32At(sums, at + kernel + 2) + c;
    sums[at + kernel + 3] = int32At(sums, at + kernel + 3) + d;
  }
  for (; kernel < kernels; kernel++) {
    let sum = 0;
    for (let i = 0; i < size; i++) sum = (sum + int16At(patch, i) * int16At(weights, kernel * size + i)) | 0;
    sums[at + kernel] = int32At(sums, at + kernel) + sum;
  }
};

/** Channel by channel; several kernels to a channel stand side by side. */
const depthwise = (layer: ConvolutionLayer, patch: Int16Array, sums: Int32Array, at: number): void => {
  const { weights, input, output, window } = layer;
  const multiplier = output.channels / input.channels;
  for (let tap = 0; tap < window.height * window.width; tap++) {
    const [data, filter] = [tap * input.channels, tap * output.channels];
    for (let k = 0; k < output.channels; k++) {
      const c = multiplier === 1 ? k : Math.floor(k / multiplier);
      sums[at + k] = (int32At(sums, at + k) + int16At(patch, data + c) * int16At(weights, filter + k)) | 0;
    }
  }
};

/** Sums with their bias, in NHWC order. */
export const accumulate = (layer: ConvolutionLayer, input: Uint8Array): Int32Array => {
  const { output, window, bias } = layer;
  const values = new Int16Array(valuesOf(input, layer.type));
  const patch = new Int16Array(window.height * window.width * layer.input.channels);
  const sums = new Int32Array(output.height * output.width * output.channels);
  for (let y = 0, at = 0; y < output.height; y++) {
    for (let x = 0; x < output.width; x++, at += output.channels) {
      sums.set(bias, at);
      gather(layer, values, y, x, patch);
      if (layer.depthwise) depthwise(layer, patch, sums, at);
      else direct(layer.weights, patch, sums, at, output.channels);
    }
  }
  return sums;
};

/** The bytes that TFLite makes of the sums. */
export const requantize = (layer: ConvolutionLayer, sums: Int32Array): Uint8Array => {
  const { channels } = layer.output;
  const scale = layer.multipliers.map(requantizer);
  const result = new Uint8Array(sums.length);
  for (let i = 0; i < sums.length; i++) {
    const one = ofChannel(scale, i % channels);
    result[i] = clamp(one(int32At(sums, i)) + layer.outputZeroPoint, layer.range);
  }
  return result;
};

export const convolve = (layer: ConvolutionLayer, input: Uint8Array): Uint8Array =>
  requantize(layer, accumulate(layer, input));
