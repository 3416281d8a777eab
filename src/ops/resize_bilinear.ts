/**
 * RESIZE_BILINEAR by whole factors. Pixels are repeated along the rows first, so that neighbours weighted alike interpolate
 * there; for each place between two rows a depthwise convolution interpolates both ways, rounds once, and writes its rows of
 * the output. Pixels at the edges are repeated where an output lies outside. One pixel becomes any size.
 */
import { at } from '../in_range.js';
import { constantInts } from '../graph/graph.js';
import { type Area, areaTensor, moveArea, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { identityConvolution, plainGeometry } from '../ir/build/copy.js';
import { type Edges, withEdges } from '../ir/build/edges.js';
import { repeatedColumns } from '../ir/build/interleave.js';
import { spreadPixels, spreads } from '../ir/build/spread.js';
import type { Operation } from '../ir/operation.js';
import { averageStages, type Ties } from '../requantize/average_stages.js';
import { copyStages } from '../requantize/copy_stages.js';
import { bilinear, cornersOf, resizeHost } from './host_resize.js';
import { unseen } from './shared/common_rules.js';
import { type Check, formOf, type Narrowing } from './shared/match.js';
import {
  inexact,
  largestFactor,
  placesOf,
  repeatedOf,
  type ResizedAxis,
  resizedAxis,
  sumOf,
} from './shared/resized_axis.js';
import { inputOf, type OpContext, type OpDefinition } from './shared/rule.js';
import { type ByteMaps, type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';

type Axes = readonly [ResizedAxis, ResizedAxis];

type Maps = OpContext & ByteMaps & PlaneMaps;

const axesOf = (known: Maps): Axes | null => {
  const { chip, from, to } = known;
  const { alignCorners, halfPixelCenters } = cornersOf(known);
  const corners = alignCorners ? 'aligned' : halfPixelCenters ? 'half' : 'plain';
  const [y, x] = [resizedAxis(chip, from[0], to[0], corners), resizedAxis(chip, from[1], to[1], corners)];
  return y === null || x === null ? null : [y, x];
};

const isOnePixel = ({ from: [height, width], to }: PlaneMaps): boolean =>
  height * width === 1 && spreads([1, 1, 1], to);

/** Where outputs take pixels outside of the plane. */
const edgesOf = ({ factor, corners }: ResizedAxis): Edges => ({
  before: factor > 1 && corners === 'half' ? 1 : 0,
  behind: factor > 1 && corners !== 'aligned' ? 1 : 0,
});

/** Weights of rows and of columns; the mean of their products is an output. */
interface Kernel {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly strideY: number;
  readonly strideX: number;
}

const weightedMeans = (
  { rows, columns, strideY, strideX }: Kernel,
  from: Area,
  to: Area,
  ties: Ties,
  nodes: readonly number[],
  fresh: FreshIds,
): readonly Operation[] => {
  const weights = rows.flatMap((down) => columns.map((across) => down * across));
  if (weights.length * strideY * strideX === 1) return moveArea(from, to, nodes, fresh);
  const stages = weights.length === 1 ? copyStages : averageStages(sumOf(weights), ties);
  if (stages === null) throw new Error(`no factors for a mean of ${sumOf(weights)}`);
  const [input, output] = [areaTensor(from, nodes, fresh), areaTensor(to, nodes, fresh)];
  const channels = from.shape[2];
  const identity = identityConvolution({ kind: 'move', nodes, input: input.tensor, output: output.tensor }, from.shape);
  const geometry = {
    ...plainGeometry(from.shape, channels),
    outputHeight: to.shape[0],
    outputWidth: to.shape[1],
    kernelHeight: rows.length,
    kernelWidth: columns.length,
    strideY,
    strideX,
  };
  const all = Int8Array.from({ length: weights.length * channels }, (_, i) => at(weights, Math.floor(i / channels)));
  return [...input.views, ...output.views, { ...identity, geometry, weights: all, stages }];
};

const interpolated = (known: Maps, [y, x]: Axes, fresh: FreshIds): readonly Operation[] => {
  const { node, input, output, to: target } = known;
  const nodes = [node.index];
  const ties = input.type === 'uint8' ? 'up' : 'away';
  const edges = [edgesOf(y), edgesOf(x)] as const;
  const columns = repeatedOf(x);
  const edged = withEdges(input.index, known.from, edges, nodes, fresh);
  const { tensor, plane, operations } = repeatedColumns(edged, columns.times, nodes, fresh);
  const firstColumn = edges[1].before * columns.times + columns.first;
  return [
    ...operations,
    ...placesOf(y).flatMap((place): readonly Operation[] => {
      const height = (place.outputs - 1) * y.stride + place.taps.length;
      const width = (x.outputs - 1) * x.stride + columns.taps.length;
      const from: Area = {
        ...wholeArea(tensor, plane),
        shape: [height, width, plane[2]],
        first: (edges[0].before + place.first) * plane[1] + firstColumn,
      };
      const to: Area = {
        ...wholeArea(output.index, target),
        shape: [place.outputs, target[1], target[2]],
        first: place.row * target[1],
        line: y.factor * target[1],
      };
      const kernel = { rows: place.taps, columns: columns.taps, strideY: y.stride, strideX: x.stride };
      return weightedMeans(kernel, from, to, ties, nodes, fresh);
    }),
  ];
};

interface Resized {
  /** null: one pixel becomes all. */
  readonly axes: Axes | null;
}

const factors: Narrowing<Maps, Resized> = {
  name: 'factors',
  text: ({ limits }) =>
    `a constant size: on each side a whole number of times that of the input to ${largestFactor}, or its whole part to 1/${limits.stride}, with aligned corners the same of the sizes less 1; any size for one pixel`,
  narrow: (known) => {
    const { from, to } = known;
    if (constantInts(inputOf(known, 1)) === null) return 'a size that is not constant';
    if (from[2] !== to[2]) return 'other channels';
    const axes = axesOf(known);
    const isSame = axes?.every(({ factor, stride }) => factor * stride === 1) === true;
    if (isOnePixel(known) && !isSame) return { axes: null };
    const aligned = cornersOf(known).alignCorners ? ' with aligned corners' : '';
    return axes === null ? `${from[0]}x${from[1]} to ${to[0]}x${to[1]}${aligned}` : { axes };
  },
};

const exactness: Check<Maps & Resized> = {
  name: 'exactness',
  text: 'factors that are powers of two; uint8: or odd ones on both sides, of planes so small that float positions are near enough',
  broken: ({ axes, input }) => (axes === null ? null : inexact(axes, input.type)),
};

export const resizeBilinear: OpDefinition = {
  op: 'RESIZE_BILINEAR',
  ...formOf(
    sameCodeMaps(planeMaps).narrow(factors).check(exactness, unseen('a copy by the DPU alone')),
    (known, fresh) => {
      const { node, input, output, from, to, axes } = known;
      const nodes = [node.index];
      if (axes === null) return spreadPixels(input.index, from, output.index, to, nodes, fresh);
      return axes.every(({ factor, stride }) => factor * stride === 1)
        ? [{ kind: 'move', nodes, input: input.index, output: output.index }]
        : interpolated(known, axes, fresh);
    },
  ),
  host: resizeHost('weights that change from pixel to pixel, which a convolution has not', bilinear),
};
