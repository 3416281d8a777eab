/**
 * Feature maps in memory: NC1HWC2 with 16 channels in an atom of 16 bytes.
 * address(c, y, x) = (c div 16) * surfaceBytes + y * lineBytes + x * 16 + c mod 16. Source: Mesa's rkt_ml.c.
 */
import { atoms } from '../hardware/limits.js';
import { planeAtoms } from '../hardware/planes.js';

export interface Cube {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Surfaces of 16 channels that a producer may write, padding lanes included. */
  readonly surfaces: number;
  readonly lineBytes: number;
  readonly surfaceBytes: number;
  readonly bytes: number;
}

export const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Channels that the DPU writes for `channels` real ones: whole groups of 32, of a depthwise task 64. Source: Mesa's rkt_task.c. */
export const writtenChannels = (channels: number, depthwise: boolean): number =>
  alignUp(channels, depthwise ? atoms.depthwiseChannels : atoms.kernels);

/** Bytes from one surface of a plane to the next. */
export const planeBytes = (height: number, width: number): number => planeAtoms(height, width) * atoms.channels;

/** A batch's pictures stand one below the other: all dimensions but the last two are rows. */
export const cubeOf = (shape: readonly number[], depthwiseProducer: boolean): Cube => {
  const height = shape.slice(0, -2).reduce((product, dim) => product * dim, 1);
  const [width, channels] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const surfaces = writtenChannels(channels, depthwiseProducer) / atoms.channels;
  const lineBytes = width * atoms.channels;
  const surfaceBytes = planeBytes(height, width);
  return { height, width, channels, surfaces, lineBytes, surfaceBytes, bytes: surfaces * surfaceBytes };
};

/** Surfaces that carry real channels. */
export const liveSurfaces = (cube: Cube): number => Math.ceil(cube.channels / atoms.channels);

/** 64-byte CBUF entries of one row: four atoms each; a rest of three takes a whole entry for each pixel. */
export const rowEntries = (width: number, channels: number): number => {
  const count = Math.ceil(channels / atoms.channels);
  const rest = count % 4;
  return Math.floor(count / 4) * width + (rest === 3 ? width : Math.ceil((rest * width) / 4));
};

/** Bytes from a cube's first value to behind its last one. */
export const spannedBytes = (cube: Cube): number =>
  (liveSurfaces(cube) - 1) * cube.surfaceBytes + (cube.height - 1) * cube.lineBytes + cube.width * atoms.channels;

/** The codes of a cube, HWC. */
export const unpackCube = (cube: Cube, bytes: Uint8Array): Uint8Array => {
  const { height, width, channels, lineBytes, surfaceBytes } = cube;
  const codes = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const start = Math.floor(pixel / width) * lineBytes + (pixel % width) * atoms.channels;
    for (let c = 0; c < channels; c++)
      codes[pixel * channels + c] =
        bytes[start + Math.floor(c / atoms.channels) * surfaceBytes + (c % atoms.channels)] ?? 0;
  }
  return codes;
};

/** The bytes of a whole cube that holds these codes, HWC. */
export const packCube = (cube: Cube, codes: Int8Array): Uint8Array => {
  const bytes = new Uint8Array(cube.bytes);
  const { height, width, channels, lineBytes, surfaceBytes } = cube;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const start = Math.floor(pixel / width) * lineBytes + (pixel % width) * atoms.channels;
    for (let c = 0; c < channels; c++)
      bytes[start + Math.floor(c / atoms.channels) * surfaceBytes + (c % atoms.channels)] =
        codes[pixel * channels + c] ?? 0;
  }
  return bytes;
};
