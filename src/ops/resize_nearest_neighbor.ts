/** RESIZE_NEAREST_NEIGHBOR by whole factors: every n-th pixel is taken, then each is copied into its places. */
import { at } from '../in_range.js';
import type { Chip } from '../hardware/chips.js';
import { dispatchMicroseconds, machineOf } from '../hardware/machine.js';
import { copyCost, workMicroseconds } from '../hardware/speed.js';
import { constantInts } from '../graph/graph.js';
import { type Area, areaTensor, buffer, moveArea, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { unseen } from './shared/common_rules.js';
import { placedCopy } from '../ir/build/copy.js';
import { type Corners, cornersOf, floatStep, resizeHost } from './host_resize.js';
import { interleave } from '../ir/build/interleave.js';
import type { MoveOperation, Operation } from '../ir/operation.js';
import { formOf, type Known, type Narrowing } from './shared/match.js';
import { inputOf, type OpContext, type OpDefinition } from './shared/rule.js';
import { type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';

const largestFactor = 16;

/** Source of each place along one axis, as TFLite finds it in float32. */
const sources = (length: number, outputs: number, corners: Corners): readonly number[] => {
  const step = floatStep(length, outputs, corners);
  return Array.from({ length: outputs }, (_, place) => {
    const at = Math.fround(Math.fround(place + (corners.halfPixelCenters ? 0.5 : 0)) * step);
    return Math.min(length - 1, corners.alignCorners ? Math.round(at) : Math.floor(at));
  });
};

/** Pixels `first`, `first` + `stride`... of `count`, each `times` times, without the first `skipped` of them. */
interface Picked {
  readonly first: number;
  readonly stride: number;
  readonly count: number;
  readonly times: number;
  readonly skipped: number;
}

/** @returns null where pixels are not taken and repeated evenly */
const pickedOf = ({ limits }: Chip, length: number, taken: readonly number[]): Picked | null => {
  const first = at(taken, 0);
  const stride = taken.length === 1 ? 1 : at(taken, 1) - first;
  if (stride >= 1 && stride <= limits.stride && taken.every((source, place) => source === first + place * stride))
    return { first, stride, count: taken.length, times: 1, skipped: 0 };
  // Only the first pixel may be repeated less often than the second.
  const skippable = taken.filter((source) => source === first).length;
  for (let times = 2; times <= largestFactor; times++) {
    const skipped = Math.max(0, times - skippable);
    if (taken.every((source, place) => source === Math.floor((place + skipped) / times)))
      return { first: 0, stride: 1, count: length, times, skipped };
  }
  return null;
};

type Axes = readonly [Picked, Picked];

const axesOf = (known: OpContext & PlaneMaps): Axes | null => {
  const { chip, from, to } = known;
  const corners = cornersOf(known);
  const picked = (axis: 0 | 1): Picked | null => pickedOf(chip, from[axis], sources(from[axis], to[axis], corners));
  const [rows, columns] = [picked(0), picked(1)];
  return rows === null || columns === null ? null : [rows, columns];
};

const factors: Narrowing<OpContext & PlaneMaps, { readonly axes: Axes }> = {
  name: 'factors',
  text: ({ limits }) =>
    `a constant size; on each side pixels that are repeated evenly (but for the ends), at most ${largestFactor} times, or every n-th of them, to ${limits.stride}`,
  narrow: (known) => {
    const { from, to } = known;
    if (constantInts(inputOf(known, 1)) === null) return 'a size that is not constant';
    if (from[2] !== to[2]) return 'other channels';
    const axes = axesOf(known);
    return axes === null ? `${from[0]}x${from[1]} to ${to[0]}x${to[1]}` : { axes };
  },
};

const matcher = sameCodeMaps(planeMaps).narrow(factors).check(unseen('a copy by the DPU alone'));

/** Every n-th pixel of the input, at `to`. */
const picked = (
  input: Area,
  [rows, columns]: Axes,
  to: Area,
  nodes: readonly number[],
  fresh: FreshIds,
): readonly Operation[] => {
  const spanOf = ({ count, stride }: Picked): number => (count - 1) * stride + 1;
  const shape: Plane = [spanOf(rows), spanOf(columns), input.plane[2]];
  const from: Area = { ...input, shape, first: rows.first * input.plane[1] + columns.first };
  if (rows.stride * columns.stride === 1) return moveArea(from, to, nodes, fresh);
  const [source, target] = [areaTensor(from, nodes, fresh), areaTensor(to, nodes, fresh)];
  const move: MoveOperation = { kind: 'move', nodes, input: source.tensor, output: target.tensor };
  const [outputHeight, outputWidth] = to.shape;
  const places = { outputHeight, outputWidth, strideY: rows.stride, strideX: columns.stride };
  return [...source.views, ...target.views, placedCopy(move, shape, places)];
};

/** Each pixel so many times along each axis, by copies. */
const interleaved = (
  from: Area,
  to: Area,
  [rows, columns]: readonly [number, number],
  nodes: readonly number[],
  fresh: FreshIds,
): readonly Operation[] => {
  const copies = Array.from({ length: rows }, () => Array.from({ length: columns }, () => from.tensor));
  return interleave(copies, from.plane, to.tensor, nodes, fresh);
};

/**
 * Whether a plane is repeated by 2 sooner by the reader, a task for each 16 channels, than by copies: two of the pixels,
 * side by side, then two of the rows that come out.
 */
const unpoolingPays = ({ chip, machine }: OpContext, [height, width, channels]: Plane): boolean => {
  const { atoms, limits } = chip;
  if (2 * width > Math.min(limits.elementwiseColumns, limits.notch)) return false;
  const surfaces = Math.ceil(channels / atoms.channels);
  const place = machineOf(chip, machine);
  const tasks = (count: number, from: number, to: number, lanes: number): number =>
    count * (dispatchMicroseconds(place) + workMicroseconds(place, copyCost(chip, from, to, lanes)));
  const [pixels, lanes] = [height * width, surfaces * atoms.channels];
  return (
    tasks(surfaces, pixels, 4 * pixels, atoms.channels) <
    tasks(2, pixels, pixels, lanes) + tasks(2, 2 * pixels, 2 * pixels, lanes)
  );
};

const lowered = (known: Known<typeof matcher>, fresh: FreshIds): readonly Operation[] => {
  const { trust, node, from: input, to: output, axes } = known;
  const nodes = [node.index];
  const [rows, columns] = axes;
  const whole = wholeArea(known.input.index, input);
  const target = wholeArea(known.output.index, output);
  if (rows.times * columns.times === 1) return picked(whole, axes, target, nodes, fresh);
  const operations: Operation[] = [];
  const made = (plane: Plane): Area => {
    const own = buffer(nodes, fresh.next(), plane);
    operations.push(own);
    return wholeArea(own.output, plane);
  };
  let from = whole;
  if (rows.count !== input[0] || columns.count !== input[1]) {
    from = made([rows.count, columns.count, input[2]]);
    operations.push(...picked(whole, axes, from, nodes, fresh));
  }
  const repeated: Plane = [rows.count * rows.times, columns.count * columns.times, input[2]];
  const isAll = repeated[0] === output[0] && repeated[1] === output[1];
  const to = isAll ? target : made(repeated);
  const doubled = rows.times === 2 && columns.times === 2;
  if (doubled && trust !== 'seen' && unpoolingPays(known, from.plane))
    operations.push({ kind: 'unpool', nodes, input: from.tensor, output: to.tensor });
  else operations.push(...interleaved(from, to, [rows.times, columns.times], nodes, fresh));
  const first = rows.skipped * repeated[1] + columns.skipped;
  return isAll ? operations : [...operations, ...moveArea({ ...to, shape: output, first }, target, nodes, fresh)];
};

export const resizeNearestNeighbor: OpDefinition = {
  op: 'RESIZE_NEAREST_NEIGHBOR',
  ...formOf(matcher, lowered),
  host: resizeHost('pixels that are not repeated evenly, and the NPU walks in even steps', () => ({
    arithmetic: 'fixed',
    positionsOf: (input, output, corners) =>
      sources(input, output, corners).map((source) => ({
        lower: source,
        upper: source,
        behind: 0,
      })),
  })),
};
