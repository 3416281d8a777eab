/**
 * Feature maps in memory: NC1HWC2 with 16 channels in an atom of 16 bytes.
 * address(c, y, x) = (c div 16) * surfaceBytes + y * lineBytes + x * 16 + c mod 16. Source: Mesa's rkt_ml.c.
 */
import { planeOf } from '../graph/tensor.js';
import { int8At, uint8At } from '../in_range.js';
import { alignUp, atomsOf, planeAtoms, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { Bytes } from '../hardware/units.js';

export { alignUp };

export interface Cube {
  /** Channels of an atom, and its bytes. */
  readonly atom: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Surfaces of 16 channels that a producer may write, padding lanes included. */
  readonly surfaces: number;
  readonly lineBytes: Bytes;
  readonly surfaceBytes: Bytes;
  readonly bytes: Bytes;
}

/** Bytes from one surface of a plane to the next. */
export const planeBytes = (chip: Chip, height: number, width: number): Bytes =>
  planeAtoms(chip, height, width) * chip.atoms.channels;

/** A batch's samples stand one below the other: all dimensions but the last two are rows. */
export const cubeOf = (chip: Chip, shape: readonly number[], depthwiseProducer: boolean): Cube => {
  const atom = chip.atoms.channels;
  const [height, width, channels] = planeOf({ shape });
  const surfaces = atomsOf(chip, writtenChannels(chip, channels, depthwiseProducer));
  const surfaceBytes = planeBytes(chip, height, width);
  return {
    atom,
    height,
    width,
    channels,
    surfaces,
    lineBytes: width * atom,
    surfaceBytes,
    bytes: surfaces * surfaceBytes,
  };
};

/** Surfaces that carry real channels. */
export const liveSurfaces = (cube: Cube): number => Math.ceil(cube.channels / cube.atom);

/** Bytes of a row's pixels: from one row to the next where rows have no gaps between them. */
export const rowBytes = (cube: Cube): Bytes => cube.width * cube.atom;

/** Bytes from a cube's first value to behind its last one. */
export const spannedBytes = (cube: Cube): Bytes =>
  (liveSurfaces(cube) - 1) * cube.surfaceBytes + (cube.height - 1) * cube.lineBytes + rowBytes(cube);

/** The codes of a cube, HWC. */
export const unpackCube = (cube: Cube, bytes: Uint8Array): Uint8Array => {
  const { atom, height, width, channels, lineBytes, surfaceBytes } = cube;
  const codes = new Uint8Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const start = Math.floor(pixel / width) * lineBytes + (pixel % width) * atom;
    for (let c = 0; c < channels; c++)
      codes[pixel * channels + c] = uint8At(bytes, start + Math.floor(c / atom) * surfaceBytes + (c % atom));
  }
  return codes;
};

/** The bytes of a whole cube that holds these codes, HWC. */
export const packCube = (cube: Cube, codes: Int8Array): Uint8Array => {
  const bytes = new Uint8Array(cube.bytes);
  const { atom, height, width, channels, lineBytes, surfaceBytes } = cube;
  for (let pixel = 0; pixel < height * width; pixel++) {
    const start = Math.floor(pixel / width) * lineBytes + (pixel % width) * atom;
    for (let c = 0; c < channels; c++)
      bytes[start + Math.floor(c / atom) * surfaceBytes + (c % atom)] = int8At(codes, pixel * channels + c);
  }
  return bytes;
};
