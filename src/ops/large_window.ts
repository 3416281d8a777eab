/**
 * The sum of a whole plane that is larger than a kernel can be, exactly: codes are split into 16 * high + low through the
 * table, both halves are summed over chunks of up to 15 pixels (which fit a byte), and one kernel with weights of 16 and 1
 * sums the chunks. Which pixels make a chunk does not matter: the plane's atoms stand one behind the other.
 */
import { limits } from '../hardware/limits.js';
import { copyStages } from '../quantize/copy_stages.js';
import { tableStages } from '../quantize/table_stages.js';
import { areaTensor, buffer, type Plane, type Spare, wholeArea } from './arrange.js';
import { plainGeometry, unscaled } from './copy.js';
import type { ConvGeometry, ConvOperation, Operation } from './operation.js';

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
}

/** @returns null where no chunk divides the pixels so that a kernel holds twice their number */
export const splitOf = (pixels: number): Split | null => {
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

export interface SummedPlane {
  readonly operations: readonly Operation[];
  /** What the last convolution is: its sum is that of the plane's codes. */
  readonly input: number;
  readonly geometry: ConvGeometry;
  readonly weights: Int8Array;
}

/** Sums of chunks of one half of the codes, into every other column of `gathered`. */
const chunkSums = (
  half: (code: number) => number,
  column: 0 | 1,
  input: number,
  plane: Plane,
  split: Split,
  gathered: number,
  nodes: readonly number[],
  spare: Spare,
): readonly Operation[] => {
  const [height, width, channels] = plane;
  const chunks = (height * width) / split.chunk;
  const halves = buffer(nodes, spare.next(), plane);
  const from = areaTensor(
    { ...wholeArea(halves.output, plane), shape: [chunks, split.chunk, channels], line: split.chunk },
    nodes,
    spare,
  );
  const to = areaTensor(
    { ...wholeArea(gathered, [chunks, 2, channels]), shape: [chunks, 1, channels], first: column },
    nodes,
    spare,
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

/** @returns null as `splitOf` */
export const sumOfPlane = (input: number, plane: Plane, nodes: readonly number[], spare: Spare): SummedPlane | null => {
  const [height, width, channels] = plane;
  const split = splitOf(height * width);
  if (split === null) return null;
  const { chunk, kernelHeight, kernelWidth } = split;
  const pairs: Plane = [(height * width) / chunk, 2, channels];
  const gathered = buffer(nodes, spare.next(), pairs);
  const shape: Plane = [kernelHeight, kernelWidth, channels];
  const all = areaTensor({ ...wholeArea(gathered.output, pairs), shape, line: kernelWidth }, nodes, spare);
  return {
    operations: [
      gathered,
      ...chunkSums(high, 0, input, plane, split, gathered.output, nodes, spare),
      ...chunkSums(low, 1, input, plane, split, gathered.output, nodes, spare),
      ...all.views,
    ],
    input: all.tensor,
    geometry: { ...plainGeometry(shape, channels), kernelHeight, kernelWidth, outputHeight: 1, outputWidth: 1 },
    weights: Int8Array.from({ length: kernelHeight * kernelWidth * channels }, (_, i) =>
      Math.floor(i / channels) % 2 === 0 ? unit : 1,
    ),
  };
};
