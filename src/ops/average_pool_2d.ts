/**
 * AVERAGE_POOL_2D: a depthwise convolution with weights of 1. TFLite leaves padding out of the divisor, so windows at the
 * edges that hold fewer pixels are operations of their own.
 */
import { kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { plainGeometry, unscaled } from '../ir/build/copy.js';
import { type Area, areaTensor, type Plane, FreshIds, wholeArea } from '../ir/build/arrange.js';
import { sumOfArea } from '../ir/build/large_window.js';
import type { Axis } from '../ir/build/maxima.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { averageStages } from '../requantize/average_stages.js';
import type { Stages } from '../requantize/stages.js';
import { type Activated, fusedActivation } from './shared/activation.js';
import { clampsBehind } from './shared/code_range.js';
import { anyNode, type Check, formOf, type Narrowing } from './shared/match.js';
import { type PoolAxes, poolAxes, type Range, rangesOf } from './shared/pool_windows.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import { type ByteMaps, byteMaps, type PlaneMaps, planeMaps } from './shared/unary.js';

/** More tasks than this for one pool cost more than the pool is worth. */
const mostRegions = 64;

/** A single window has no stride. */
const strideOf = (axis: Axis, { outputs }: Range): number => (outputs === 1 ? 1 : axis.stride);

const geometryOf = (channels: number, [y, x]: readonly [Axis, Axis], rows: Range, columns: Range): ConvGeometry => ({
  ...plainGeometry([rows.length, columns.length, channels], channels),
  outputHeight: rows.outputs,
  outputWidth: columns.outputs,
  kernelHeight: Math.min(y.kernel, rows.length + rows.pad),
  kernelWidth: Math.min(x.kernel, columns.length + columns.pad),
  strideY: strideOf(y, rows),
  strideX: strideOf(x, columns),
  padTop: rows.pad,
  padLeft: columns.pad,
});

const isLarge = ({ limits }: Chip, axes: readonly [Axis, Axis]): boolean =>
  axes.some(({ kernel, length }) => Math.min(kernel, length) > limits.kernelSide);

/** Windows one by one where no task can do several: on both axes for the kernel's size, on one for its stride. */
const regionsOf = (chip: Chip, axes: readonly [Axis, Axis]): readonly (readonly [Range, Range])[] => {
  const [rows = [], columns = []] = axes.map((axis) =>
    rangesOf(axis, isLarge(chip, axes) || axis.stride > chip.limits.stride ? 1 : Infinity),
  );
  return rows.flatMap((row) => columns.map((column) => [row, column] as const));
};

/** Windows that hold equally many pixels, and the convolution that adds these up. */
interface Region {
  readonly rows: Range;
  readonly columns: Range;
  readonly geometry: ConvGeometry;
  readonly stages: Stages;
  /** The window is larger than a kernel can be: it is added up in steps. */
  readonly large: boolean;
}

interface Regions {
  readonly regions: readonly Region[];
}

const windowOf = (input: number, plane: Plane, { rows, columns }: Pick<Region, 'rows' | 'columns'>): Area => ({
  ...wholeArea(input, plane),
  shape: [rows.length, columns.length, plane[2]],
  first: rows.start * plane[1] + columns.start,
});

/** @returns what keeps the NPU from it */
const regionOf = (known: OpContext & ByteMaps & PlaneMaps & PoolAxes, rows: Range, columns: Range): Region | string => {
  const { chip, input, from, axes } = known;
  const geometry = geometryOf(from[2], axes, rows, columns);
  const count = rows.count * columns.count;
  const stages = averageStages(count, input.type === 'uint8' ? 'up' : 'away');
  if (stages === null) return `a window of ${count} pixels`;
  const wrong = kernelWrong(chip, geometry, true);
  const isSplit =
    wrong !== null && sumOfArea(chip, windowOf(input.index, from, { rows, columns }), [], new FreshIds(0)) !== null;
  return wrong === null || isSplit ? { rows, columns, geometry, stages, large: isSplit } : wrong;
};

const window: Narrowing<OpContext & ByteMaps & PlaneMaps & PoolAxes, Regions> = {
  name: 'window',
  text: ({ limits }) =>
    `windows of at most ${limits.kernelSide}x${limits.kernelSide}, larger to about 5400 pixels; at most ${mostRegions} parts of the plane with windows of their own size, or windows that are larger or further apart than ${limits.stride}; padding to ${limits.pad}`,
  narrow: (known) => {
    const { chip, axes } = known;
    const [y, x] = axes;
    if (Math.max(y.pad, x.pad) > chip.limits.pad)
      return `SAME padding of ${y.pad} rows above and ${x.pad} columns on the left`;
    const ranges = regionsOf(chip, axes);
    if (ranges.length > mostRegions) return `${ranges.length} parts`;
    const regions: Region[] = [];
    for (const [rows, columns] of ranges) {
      const region = regionOf(known, rows, columns);
      if (typeof region === 'string') return region;
      regions.push(region);
    }
    return { regions };
  },
};

const seen: Check<OpContext & PoolAxes & Regions & Activated> = {
  name: 'trust',
  text: ({ limits }) =>
    `with trust=seen: windows of at most ${limits.kernelSide}x${limits.kernelSide} without padding, and no activation`,
  broken: ({ chip, trust, axes, regions, limits: { range } }) => {
    if (trust !== 'seen') return null;
    if (range[0] !== -128 || range[1] !== 127) return 'a clamp by the DPU alone';
    if (isLarge(chip, axes)) return 'a table by the DPU alone';
    return regions.length === 1 ? null : 'gaps between output rows';
  },
};

/** The averages of one region, as one convolution. */
const averaged = (
  { chip, node, input, output, from, to }: OpContext & ByteMaps & PlaneMaps,
  region: Region,
  fresh: FreshIds,
): readonly Operation[] => {
  const { rows, columns, geometry, stages } = region;
  const nodes = [node.index];
  const window = windowOf(input.index, from, region);
  const large = region.large ? sumOfArea(chip, window, nodes, fresh) : null;
  const source = large === null ? areaTensor(window, nodes, fresh) : { tensor: large.input, views: large.operations };
  const area = { shape: [rows.outputs, columns.outputs, from[2]] as const, first: rows.first * to[1] + columns.first };
  const target = areaTensor({ ...wholeArea(output.index, to), ...area }, nodes, fresh);
  const average: ConvOperation = {
    kind: 'conv',
    nodes,
    input: source.tensor,
    output: target.tensor,
    depthwise: true,
    geometry: large?.geometry ?? geometry,
    weights: large?.weights ?? new Int8Array(geometry.kernelHeight * geometry.kernelWidth * from[2]).fill(1),
    weightZeroPoint: 0,
    inputZeroPoint: 0,
    numbers: unscaled(from[2]),
    stages,
    residual: null,
  };
  return [...source.views, ...target.views, average];
};

export const averagePool2d: OpDefinition = {
  op: 'AVERAGE_POOL_2D',
  ...formOf(
    anyNode.narrow(byteMaps).narrow(planeMaps).narrow(fusedActivation).narrow(poolAxes).narrow(window).check(seen),
    (known, fresh) => {
      const {
        node,
        output,
        regions,
        limits: { range },
      } = known;
      const averages = regions.flatMap((region) => averaged(known, region, fresh));
      return [...averages, ...clampsBehind([node.index], output.index, range)];
    },
  ),
};
