/** Between what a canvas shows and the codes that a model takes and gives. */
import type { TensorData, TensorInfo } from '../../src/api/tensor_info.js';

export interface PictureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** @returns null where an input is no picture: NHWC, one sample, grey or of three colours */
export const pictureShape = ({ shape }: TensorInfo): PictureShape | null => {
  const [samples, height = 0, width = 0, channels] = shape;
  if (shape.length !== 4 || samples !== 1 || height < 1 || width < 1) return null;
  return channels === 1 || channels === 3 ? { height, width, channels } : null;
};

const limits = { int8: [-128, 127], uint8: [0, 255] } as const;

const emptyData = ({ type, length }: TensorInfo): TensorData =>
  type === 'int8' ? new Int8Array(length) : new Uint8Array(length);

/**
 * Models take values from 0 to 1, from -1 to 1 or from 0 to 255: which of these, the input's scale says by the range of its codes.
 *
 * @param rgba four bytes for each pixel, rows from above
 */
export const codesOfPixels = (
  rgba: Uint8ClampedArray | Uint8Array,
  info: TensorInfo,
  { channels }: PictureShape,
): TensorData => {
  const { type, scale, zeroPoint } = info;
  const [least, most] = limits[type];
  const [low, high] = [scale * (least - zeroPoint), scale * (most - zeroPoint)];
  const toValue =
    high > 2 ? (byte: number) => byte : low < -0.25 ? (byte: number) => byte / 127.5 - 1 : (byte: number) => byte / 255;
  const codes = emptyData(info);
  const code = (byte: number): number => Math.max(least, Math.min(most, Math.round(toValue(byte) / scale) + zeroPoint));
  for (let pixel = 0; 4 * pixel < rgba.length; pixel++) {
    const [red = 0, green = 0, blue = 0] = rgba.subarray(4 * pixel, 4 * pixel + 3);
    if (channels === 1) codes[pixel] = code(0.299 * red + 0.587 * green + 0.114 * blue);
    else codes.set([code(red), code(green), code(blue)], 3 * pixel);
  }
  return codes;
};

/** The highest values, the first one first. */
export const highest = (
  codes: TensorData,
  { scale, zeroPoint }: TensorInfo,
  count: number,
): readonly { readonly place: number; readonly value: number }[] =>
  Array.from(codes, (code, place) => ({ place, value: scale * (code - zeroPoint) }))
    .sort((a, b) => b.value - a.value)
    .slice(0, count);
