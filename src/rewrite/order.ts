/** The order in which a tensor's axes lie in memory, where it is not the order of its shape. */
import { at } from '../in_range.js';
import type { BorderLayout } from '../ir/operation.js';
import { planeOf } from '../graph/tensor.js';

/** Dimension i of the memory is the tensor's axis `order[i]`; the last three are height, width and channels. */
export type Order = readonly number[];

export const plainOrder = (shape: readonly number[]): Order => shape.map((_, axis) => axis);

/** The shape of the memory. */
export const storedShape = (shape: readonly number[], order: Order): readonly number[] =>
  order.map((axis) => at(shape, axis));

const isRising = (axes: readonly number[]): boolean => axes.every((axis, i) => i === 0 || axis > at(axes, i - 1));

/** Axes that are longer than 1, in the order of memory: the others may stand anywhere. */
export const realAxes = (shape: readonly number[], order: Order): readonly number[] =>
  order.filter((axis) => shape[axis] !== 1);

/** Whether the values follow each other as in TFLite's tensor. */
export const isFlat = (shape: readonly number[], order: Order): boolean => isRising(realAxes(shape, order));

/** Rows, width and channels of the memory. */
const planeIn = (shape: readonly number[], order: Order): string =>
  planeOf({ shape: storedShape(shape, order) }).join();

/** Whether the memory is that of a tensor of this shape: width and channels are its last two axes, rows all the others. */
export const isPlain = (shape: readonly number[], order: Order): boolean =>
  isFlat(shape, order) && planeIn(shape, order) === planeIn(shape, plainOrder(shape));

/** How the host brings TFLite's bytes into this memory: as they come, or as NCHW of it; null where it cannot. */
export const layoutOf = (shape: readonly number[], order: Order): BorderLayout | null => {
  if (isFlat(shape, order)) return 'flat';
  const axes = plainOrder(shape);
  const isMoved = (channels: number): boolean => {
    const moved = [...axes.filter((axis) => axis !== channels), channels];
    const same = realAxes(shape, order).join() === realAxes(shape, moved).join();
    return same && planeIn(shape, order) === planeIn(shape, moved);
  };
  // 1CHW, or of one row 1CW.
  const one = (last: number): boolean => shape.slice(0, -last).every((dim) => dim === 1);
  return (one(3) && isMoved(shape.length - 3)) || (one(2) && shape.length === 3 && isMoved(1)) ? 'nchw' : null;
};

/** The order of what a TRANSPOSE makes: the memory stays. */
export const transposedOrder = (order: Order, axes: readonly number[]): Order =>
  order.map((axis) => axes.indexOf(axis));

/** The order without some axes, which are reduced and not kept. */
export const withoutAxes = (order: Order, dropped: readonly number[]): Order =>
  order.filter((axis) => !dropped.includes(axis)).map((axis) => axis - dropped.filter((other) => other < axis).length);

/**
 * The order behind a RESHAPE that drops or adds dimensions of 1; values that lie as in TFLite's tensor keep to any shape.
 * @returns null for another RESHAPE
 */
export const reshapedOrder = (from: readonly number[], order: Order, to: readonly number[]): Order | null => {
  const [before, after] = [realAxes(from, plainOrder(from)), realAxes(to, plainOrder(to))];
  const same = before.length === after.length && before.every((axis, i) => from[axis] === to[at(after, i)]);
  if (!same) return isFlat(from, order) ? plainOrder(to) : null;
  const ones = plainOrder(to).filter((axis) => to[axis] === 1);
  // Channels of 1 stay the last dimension of the memory.
  const channels = order.slice(-1).some((axis) => from[axis] === 1) ? ones.slice(-1) : [];
  const others = ones.slice(0, ones.length - channels.length);
  const next = [...others, ...realAxes(from, order).map((axis) => at(after, before.indexOf(axis))), ...channels];
  const stays = storedShape(to, next).at(-1) === storedShape(from, order).at(-1);
  return stays || isPlain(to, next) ? next : null;
};
