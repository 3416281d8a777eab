/**
 * Where TFLite's RESIZE_BILINEAR takes its outputs from, along one axis: neighbours weighted by whole numbers. Outputs at whole
 * places between pixels can be equal to the last bit, others cannot.
 */
import type { Chip } from '../../hardware/chips.js';

/** Larger factors need kernels that are longer than those of the chip. */
export const largestFactor = 16;

/** Corner pixels on corner pixels; pixels as squares with centres; or positions that start at the first pixel. */
export type Corners = 'aligned' | 'half' | 'plain';

export interface ResizedAxis {
  readonly length: number;
  readonly outputs: number;
  /** Pixels for each of the input's, 1 where the axis shrinks. */
  readonly factor: number;
  /** Input pixels from an output to the next, 1 where the axis grows. */
  readonly stride: number;
  readonly corners: Corners;
}

/** @returns null where the sizes are not in a whole proportion that a task can do */
export const resizedAxis = (
  { limits }: Chip,
  length: number,
  outputs: number,
  corners: Corners,
): ResizedAxis | null => {
  // One pixel is everywhere the same, and one output is that of plain positions.
  const kind = corners === 'aligned' && (length === 1 || outputs === 1) ? 'plain' : corners;
  const [from, to] = kind === 'aligned' ? [length - 1, outputs - 1] : [length, outputs];
  const [factor, stride] = [to / from, from / to];
  if (Number.isInteger(factor) && factor <= largestFactor) return { length, outputs, factor, stride: 1, corners: kind };
  if (Number.isInteger(stride) && stride <= limits.stride) return { length, outputs, factor: 1, stride, corners: kind };
  return null;
};

/** Weights of neighbouring pixels, the first of which is `first`: for outputs `row`, `row` + factor... */
export interface Place {
  readonly row: number;
  readonly outputs: number;
  /** -1 is the first pixel once more. */
  readonly first: number;
  readonly taps: readonly number[];
}

const divisorOf = (a: number, b: number): number => (b === 0 ? a : divisorOf(b, a % b));

/** `behind` / `unit` of the way from one pixel to the next, in the smallest numbers. */
const between = (behind: number, unit: number): readonly number[] => {
  const divisor = divisorOf(unit, behind);
  return behind === 0 ? [1] : [(unit - behind) / divisor, behind / divisor];
};

/** Half the pixels between two outputs lie in front of the first one. */
const shrunk = ({ stride, corners, outputs }: ResizedAxis): Place => {
  const first = corners === 'half' ? Math.floor((stride - 1) / 2) : 0;
  return { row: 0, outputs, first, taps: corners === 'half' && stride % 2 === 0 ? [1, 1] : [1] };
};

/** The axis's outputs by their places between two pixels. */
export const placesOf = (axis: ResizedAxis): readonly Place[] => {
  const { length, outputs, factor, stride, corners } = axis;
  if (stride > 1) return [shrunk(axis)];
  const unit = corners === 'half' ? 2 * factor : factor;
  return Array.from({ length: Math.min(factor, outputs) }, (_, row) => {
    const at = corners === 'half' ? 2 * row + 1 - factor : row;
    const first = at < 0 ? -1 : 0;
    const taps = between(at - first * unit, unit);
    return { row, outputs: corners === 'aligned' && row > 0 ? length - 1 : length, first, taps };
  });
};

/** A kernel for all outputs of an axis at once. */
export interface Repeated {
  /** Of each pixel. */
  readonly times: number;
  /** The first pixel that the first output takes, in repeated ones. */
  readonly first: number;
  readonly taps: readonly number[];
}

/**
 * Linear interpolation is the mean of `factor` neighbours where each pixel stands `factor` times: centred on the output with
 * half pixels, so that an even number of them takes half of one more at each end.
 */
export const repeatedOf = (axis: ResizedAxis): Repeated => {
  const { factor, stride, corners } = axis;
  if (stride > 1) return { times: 1, ...shrunk(axis) };
  const ones = Array.from({ length: factor }, () => 1);
  if (corners !== 'half') return { times: factor, first: 0, taps: ones };
  if (factor % 2 === 1) return { times: factor, first: -(factor - 1) / 2, taps: ones };
  return { times: factor, first: -factor / 2, taps: [1, ...ones.slice(1).map(() => 2), 1] };
};

export const sumOf = (taps: readonly number[]): number => taps.reduce((total, tap) => total + tap, 0);

const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

/** The largest distance of TFLite's float32 positions from those meant, in pixels. */
const drift = ({ length, outputs, corners }: ResizedAxis): number => {
  const [from, to] = corners === 'aligned' ? [length - 1, outputs - 1] : [length, outputs];
  const scale = Math.fround(from / to);
  const half = corners === 'half' ? 0.5 : 0;
  return Math.max(
    ...Array.from({ length: outputs }, (_, output) => {
      const at = Math.fround(Math.fround(Math.fround(output + half) * scale) - half);
      return Math.abs(at - (((output + half) * from) / to - half));
    }),
  );
};

/** What float32 adds to the sum of four products of a code and two weights: a few roundings of values up to 255. */
const roundings = 255 * 8 * 2 ** -24;

/**
 * Positions in powers of two have no error, in float32 (uint8) as in TFLite's 1/1024 pixels (int8). Others have: by float32 no
 * value comes to the other side of a tie where there is no tie, in odd parts of a code, and the error is less than half a part.
 * @returns why some value could differ from TFLite's, or null
 */
export const inexact = (axes: readonly [ResizedAxis, ResizedAxis], type: string): string | null => {
  const parts = axes.reduce((product, axis) => product * sumOf(repeatedOf(axis).taps), 1);
  if (isPowerOfTwo(parts)) return null;
  const factors = axes.map(({ factor, stride }) => (stride > 1 ? `1/${stride}` : factor)).join('x');
  if (type === 'int8') return `${factors}: TFLite's int8 positions in 1/1024 pixels drift`;
  if (parts % 2 === 0) return `${factors}: ties that TFLite's float positions do not meet`;
  const error = 255 * (drift(axes[0]) + drift(axes[1])) + roundings;
  return error < 1 / (2 * parts)
    ? null
    : `${factors}: TFLite's float positions drift over ${axes[0].outputs}x${axes[1].outputs}`;
};
