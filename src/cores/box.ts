/** A part of a tensor's values: some rows and some channels of its plane, all columns. */

/** From the first to behind the last. */
export type Range = readonly [number, number];

export interface Box {
  readonly rows: Range;
  readonly channels: Range;
}

export const lengthOf = ([from, to]: Range): number => to - from;

const meet = (a: Range, b: Range): Range => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];

export const overlap = (a: Box, b: Box): Box => ({
  rows: meet(a.rows, b.rows),
  channels: meet(a.channels, b.channels),
});

const span = (a: Range, b: Range): Range => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

export const hull = (a: Box | undefined, b: Box): Box =>
  a === undefined ? b : { rows: span(a.rows, b.rows), channels: span(a.channels, b.channels) };

export const isEmpty = ({ rows, channels }: Box): boolean => lengthOf(rows) <= 0 || lengthOf(channels) <= 0;

const isSame = (a: Range, b: Range): boolean => a[0] === b[0] && a[1] === b[1];

export const isSameBox = (a: Box, b: Box): boolean => isSame(a.rows, b.rows) && isSame(a.channels, b.channels);

/** Values of a column. */
export const sizeOf = ({ rows, channels }: Box): number => lengthOf(rows) * lengthOf(channels);

export const wholeBox = ([height, , channels]: readonly [number, number, number]): Box => ({
  rows: [0, height],
  channels: [0, channels],
});
