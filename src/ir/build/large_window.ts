/**
 * The sum of an area that is larger than a kernel can be, exactly: codes are split into 16 * high + low through the
 * table, both halves are summed over chunks of up to 15 pixels (which fit a byte), and one kernel with weights of 16 and 1
 * sums the chunks. Which pixels make a chunk does not matter: the plane's atoms are contiguous.
 */
import type { Chip } from '../../hardware/chips.js';
import { copyStages } from '../../requantize/copy_stages.js';
import { tableStages } from '../../requantize/table_stages.js';
import { type Area, areaTensor, buffer, moveArea, type Plane, type FreshIds, wholeArea } from './arrange.js';
import { placedCopy, plainGeometry, unscaled } from './copy.js';
import type { ConvGeometry, ConvOperation, MoveOperation, Operation } from '../operation.js';
import type { NodeId, TensorId } from '../../hardware/units.js';

const unit = 16;
/** Halves lie in [-8, 8]: 15 of them in [-120, 120]. */
const largestChunk = 15;

const high = (code: number): number => Math.round(code / unit);
const low = (code: number): number => code - unit * high(code);

/** Pixels of a chunk, and the kernel that sums two halves of all chunks. */
interface Split {
  readonly chunk: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  /** Of the plane with rows and columns of zeros behind, so that chunks divide it. */
  readonly height: number;
  readonly width: number;
}

const evenSplitOf = ({ limits }: Chip, pixels: number): Pick<Split, 'chunk' | 'kernelHeight' | 'kernelWidth'> | null => {
  for (let chunk = largestChunk; chunk >= 2; chunk--) {
    const halves = (2 * pixels) / chunk;
    if (!Number.isInteger(pixels / chunk)) continue;
    for (let kernelWidth = limits.kernelSide - 1; kernelWidth >= 2; kernelWidth -= 2) {
      const kernelHeight = halves / kernelWidth;
      if (Number.isInteger(kernelHeight) && kernelHeight <= limits.kernelSide)
        return { chunk, kernelHeight, kernelWidth };
    }
  }
  return null;
};

/** @returns null where there are too many pixels for a kernel that holds two halves of all chunks */
export const splitOf = (chip: Chip, height: number, width: number): Split | null => {
  for (let zeroColumns = 0; zeroColumns <= chip.limits.pad; zeroColumns++) {
    for (let zeroRows = 0; zeroRows <= chip.limits.pad; zeroRows++) {
      const [rows, columns] = [height + zeroRows, width + zeroColumns];
      const split = evenSplitOf(chip, rows * columns);
      if (split !== null) return { ...split, height: rows, width: columns };
    }
  }
  return null;
};

export interface SummedPlane {
  readonly operations: readonly Operation[];
  /** What the last convolution is: its sum is that of the plane's codes. */
  readonly input: TensorId;
  readonly geometry: ConvGeometry;
  readonly weights: Int8Array;
}

/** Sums of chunks of one half of the codes, into every other column of `gathered`. */
const chunkSums = (
  half: (code: number) => number,
  column: 0 | 1,
  input: TensorId,
  plane: Plane,
  split: Split,
  gathered: TensorId,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const [height, width, channels] = plane;
  const chunks = (height * width) / split.chunk;
  const halves = buffer(nodes, fresh.next(), plane);
  const from = areaTensor(
    { ...wholeArea(halves.output, plane), shape: [chunks, split.chunk, channels], line: split.chunk },
    nodes,
    fresh,
  );
  const to = areaTensor(
    { ...wholeArea(gathered, [chunks, 2, channels]), shape: [chunks, 1, channels], first: column },
    nodes,
    fresh,
  );
  const sums: ConvOperation = {
    kind: 'conv',
    nodes,
    input: from.tensor,
    output: to.tensor,
    depthwise: true,
    geometry: {
      ...plainGeometry([chunks, split.chunk, channels], channels),
      kernelWidth: split.chunk,
      outputWidth: 1,
    },
    weights: new Int8Array(split.chunk * channels).fill(1),
    weightZeroPoint: 0,
    inputZeroPoint: 0,
    numbers: unscaled(channels),
    stages: copyStages,
    residual: null,
  };
  return [
    halves,
    { kind: 'scale', nodes, input, output: halves.output, stages: tableStages(half) },
    ...from.views,
    ...to.views,
    sums,
  ];
};

/** The area in the corner of a plane of zeros: the tensor that it is all of, or a copy. */
const asPlane = (
  area: Area,
  plane: Plane,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): { readonly tensor: TensorId; readonly operations: readonly Operation[] } => {
  const { shape } = area;
  const isFull = shape.every((size, i) => size === plane[i]);
  if (isFull && shape.every((size, i) => size === area.plane[i])) return { tensor: area.tensor, operations: [] };
  const own = buffer(nodes, fresh.next(), plane);
  if (isFull)
    return { tensor: own.output, operations: [own, ...moveArea(area, wholeArea(own.output, plane), nodes, fresh)] };
  const from = areaTensor(area, nodes, fresh);
  const move: MoveOperation = { kind: 'move', nodes, input: from.tensor, output: own.output };
  // Padding behind the area has the code 0, which adds nothing to a sum of codes.
  const copy = placedCopy(move, shape, { outputHeight: plane[0], outputWidth: plane[1] });
  return { tensor: own.output, operations: [own, ...from.views, copy] };
};

/** The sum of an area's codes. @returns null as `splitOf` */
export const sumOfArea = (
  chip: Chip,
  area: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): SummedPlane | null => {
  const [, , channels] = area.shape;
  const split = splitOf(chip, area.shape[0], area.shape[1]);
  if (split === null) return null;
  const { chunk, kernelHeight, kernelWidth, height, width } = split;
  const plane: Plane = [height, width, channels];
  const whole = asPlane(area, plane, nodes, fresh);
  const pairs: Plane = [(height * width) / chunk, 2, channels];
  const gathered = buffer(nodes, fresh.next(), pairs);
  const shape: Plane = [kernelHeight, kernelWidth, channels];
  const all = areaTensor({ ...wholeArea(gathered.output, pairs), shape, line: kernelWidth }, nodes, fresh);
  return {
    operations: [
      ...whole.operations,
      gathered,
      ...chunkSums(high, 0, whole.tensor, plane, split, gathered.output, nodes, fresh),
      ...chunkSums(low, 1, whole.tensor, plane, split, gathered.output, nodes, fresh),
      ...all.views,
    ],
    input: all.tensor,
    geometry: { ...plainGeometry(shape, channels), kernelHeight, kernelWidth, outputHeight: 1, outputWidth: 1 },
    weights: Int8Array.from({ length: kernelHeight * kernelWidth * channels }, (_, i) =>
      Math.floor(i / channels) % 2 === 0 ? unit : 1,
    ),
  };
};
