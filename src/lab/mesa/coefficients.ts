/**
 * Weights and biases as Mesa packs them (fact sheet d), and feature maps as its host code converts them (e). The recorded
 * driver, 26.2.6, fills a single group to 16 channels, which the sources that the sheet was made from do not.
 */
import { int32At, uint8At } from '../../in_range.js';
import type { Fixes } from './defects.js';
import { alignTo, type MesaOperation, readsPixels, type Side } from './operation.js';
import { truncateBits } from './requantize.js';

const kernelGroup = 32;

const groupLanes = (operation: MesaOperation): number => (operation.depthwise ? 64 : 32);

/** Lanes of one group of channels that Mesa's loop writes for a real kernel, in the order of the lanes. */
const writtenLanes = (operation: MesaOperation, group: number, fixes: Fixes): number => {
  const channels = operation.input.channels;
  const padded = alignTo(channels, 16);
  const left = channels - group * groupLanes(operation);
  if (fixes.has('k13')) return Math.min(groupLanes(operation), alignTo(Math.max(left, 1), 16));
  const walked = Math.min(padded, groupLanes(operation));
  if (left >= walked) return walked;
  // Lanes without a channel: all of them where 17 to 31 of 32 are left, else those below 16.
  return channels % 32 > 16 ? walked : Math.max(left, Math.min(16, walked));
};

/** @returns the whole buffer, twice as large as what is used */
export const packWeights = (operation: MesaOperation, fixes: Fixes): Uint8Array => {
  const { input, output, kernel, weights, depthwise } = operation;
  const kernels = depthwise ? 1 : alignTo(output.channels, 2);
  const taps = kernel.width * kernel.height;
  const channels = alignTo(input.channels, 16);
  const packed = new Uint8Array(taps * kernels * alignTo(channels, 32) * 2);
  const lanes = groupLanes(operation);
  const walked = Math.min(channels, lanes);
  let at = 0;
  for (let first = 0; first < kernels; first += kernelGroup) {
    for (let group = 0; group * lanes < channels; group++) {
      const written = writtenLanes(operation, group, fixes);
      for (let tap = 0; tap < taps; tap++) {
        for (let k = first; k < Math.min(first + kernelGroup, kernels); k++) {
          const real = k < output.channels;
          // The kernel that makes the number even: zeros, and in Mesa's loop in every lane it walks.
          for (let lane = 0; lane < (real || fixes.has('k13') ? written : walked); lane++, at++) {
            if (!real) continue;
            const c = group * lanes + lane;
            const value =
              c < input.channels ? uint8At(weights, (k * taps + tap) * input.channels + c) : kernel.zeroPoint;
            packed[at] = value - 0x80;
          }
        }
      }
    }
  }
  return packed;
};

/** Sums of (w - zero-point) by output channel. */
const weightSums = ({ input, output, kernel, weights, depthwise }: MesaOperation): Int32Array => {
  const taps = kernel.width * kernel.height;
  const products = depthwise ? taps : taps * input.channels;
  return Int32Array.from({ length: output.channels }, (_, k) => {
    let sum = 0;
    for (let i = 0; i < products; i++) {
      sum += uint8At(weights, depthwise ? i * input.channels + k : k * products + i) - kernel.plainZeroPoint;
    }
    return sum;
  });
};

export const foldBias = (operation: MesaOperation, fixes: Fixes): Int32Array => {
  const sums = weightSums(operation);
  const divisor = 2 ** truncateBits(operation, fixes);
  const zero = operation.input.plainZeroPoint - 0x80;
  return sums.map((sum, k) => Math.trunc((int32At(operation.bias, k) - zero * sum) / divisor));
};

/** Bytes of a tensor's buffer as Mesa asks for them: twice the atoms of its channels. */
export const sideBytes = ({ width, height, channels }: Side): number =>
  width * height * Math.ceil(channels / 16) * 2 * 16;

/** NHWC bytes -> NC1HWC2 less 0x80, with the zero-point in lanes without a channel. */
export const cubeToDevice = (side: Side, zeroPoint: number, bytes: Uint8Array): Uint8Array => {
  const { width, height, channels, sign } = side;
  const device = new Uint8Array(sideBytes(side));
  for (let surface = 0, at = 0; surface * 16 < channels; surface++) {
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let lane = 0; lane < 16; lane++, at++) {
        const c = surface * 16 + lane;
        device[at] = (c < channels ? uint8At(bytes, pixel * channels + c) ^ sign : zeroPoint) - 0x80;
      }
    }
  }
  return device;
};

/** NHWC bytes -> the first layer's input: NC1HWC2 less 0x80, or a picture of one channel in rows of 16 at least. */
export const toDevice = (operation: MesaOperation, bytes: Uint8Array): Uint8Array => {
  const { input } = operation;
  if (readsPixels(operation)) {
    const device = new Uint8Array(sideBytes(input));
    const pitch = Math.max(input.width, 16);
    for (let y = 0; y < input.height; y++) {
      device.fill(input.zeroPoint, y * pitch, (y + 1) * pitch);
      for (let x = 0; x < input.width; x++) device[y * pitch + x] = uint8At(bytes, y * input.width + x) ^ input.sign;
    }
    return device;
  }
  return cubeToDevice(input, input.zeroPoint, bytes);
};

/** A tensor's cube -> NHWC bytes. */
export const fromDevice = ({ width, height, channels, sign }: Side, device: Uint8Array): Uint8Array => {
  const pixels = width * height;
  const bytes = new Uint8Array(pixels * channels);
  for (let c = 0; c < channels; c++) {
    const from = (c >> 4) * pixels * 16 + (c & 15);
    for (let pixel = 0; pixel < pixels; pixel++)
      bytes[pixel * channels + c] = (uint8At(device, from + pixel * 16) + 0x80) ^ sign;
  }
  return bytes;
};

/** The way back from `toDevice`. */
export const inputFromDevice = (operation: MesaOperation, device: Uint8Array): Uint8Array => {
  const { input } = operation;
  if (!readsPixels(operation)) return fromDevice(input, device);
  const pitch = Math.max(input.width, 16);
  return Uint8Array.from(
    { length: input.width * input.height },
    (_, i) => uint8At(device, Math.floor(i / input.width) * pitch + (i % input.width)) ^ input.sign,
  );
};
