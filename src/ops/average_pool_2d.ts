/**
 * AVERAGE_POOL_2D: a depthwise convolution with weights of 1. TFLite leaves padding out of the divisor, so windows at the
 * edges that hold fewer pixels are operations of their own.
 */
import { limits } from '../hardware/limits.js';
import { averageStages } from '../requantize/average_stages.js';
import { type Area, areaTensor, Spare, wholeArea } from '../ir/build/arrange.js';
import { activationClamps } from './shared/code_range.js';
import { knownActivation, maps, oneType, planes } from './shared/common_rules.js';
import { kernelWrong } from './convolution.js';
import { plainGeometry, unscaled } from '../ir/build/copy.js';
import { sumOfArea } from '../ir/build/large_window.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { type Axis } from '../ir/build/maxima.js';
import { poolAxes, type Range, rangesOf } from './shared/pool_windows.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

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

const isLarge = (axes: readonly [Axis, Axis]): boolean =>
  axes.some(({ kernel, length }) => Math.min(kernel, length) > limits.kernelSide);

/** Windows one by one where no task can do several: on both axes for the kernel's size, on one for its stride. */
const regionsOf = (axes: readonly [Axis, Axis]): readonly (readonly [Range, Range])[] => {
  const [rows = [], columns = []] = axes.map((axis) =>
    rangesOf(axis, isLarge(axes) || axis.stride > limits.stride ? 1 : Infinity),
  );
  return rows.flatMap((row) => columns.map((column) => [row, column] as const));
};

const averagesOf = (context: OpContext): readonly Operation[] | string => {
  const { node } = context;
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const axes = poolAxes(context);
  const [plane, target] = [planeOf(input), planeOf(output)];
  const spare = new Spare(context.spare);
  const nodes = [node.index];
  const operations: Operation[] = [];
  for (const [rows, columns] of regionsOf(axes)) {
    const geometry = geometryOf(plane[2], axes, rows, columns);
    const count = rows.count * columns.count;
    const stages = averageStages(count, input?.type === 'uint8' ? 'up' : 'away');
    if (stages === null) return `a window of ${count} pixels`;
    const window: Area = {
      ...wholeArea(input?.index ?? -1, plane),
      shape: [rows.length, columns.length, plane[2]],
      first: rows.start * plane[1] + columns.start,
    };
    const wrong = kernelWrong(geometry, true);
    const large = wrong === null ? null : sumOfArea(window, nodes, spare);
    if (wrong !== null && large === null) return wrong;
    const from = large === null ? areaTensor(window, nodes, spare) : { tensor: large.input, views: large.operations };
    const to = areaTensor(
      {
        ...wholeArea(output?.index ?? -1, target),
        shape: [rows.outputs, columns.outputs, plane[2]],
        first: rows.first * target[1] + columns.first,
      },
      nodes,
      spare,
    );
    const average: ConvOperation = {
      kind: 'conv',
      nodes,
      input: from.tensor,
      output: to.tensor,
      depthwise: true,
      geometry: large?.geometry ?? geometry,
      weights: large?.weights ?? new Int8Array(geometry.kernelHeight * geometry.kernelWidth * plane[2]).fill(1),
      weightZeroPoint: 0,
      inputZeroPoint: 0,
      numbers: unscaled(plane[2]),
      stages,
      residual: null,
    };
    operations.push(...from.views, ...to.views, average);
  }
  return operations;
};

export const averagePool2d: OpDefinition = {
  op: 'AVERAGE_POOL_2D',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    knownActivation,
    {
      name: 'output-shape',
      text: 'SAME or VALID padding, windows and strides from 1, and the output shape that follows from them',
      broken: (context) => {
        const [y, x] = poolAxes(context);
        const [height, width, channels] = planeOf(outputOf(context));
        const { padding: mode = 0, strideH = 0, strideW = 0 } = context.node.params;
        if (![1, 2].includes(mode) || Math.min(strideH, strideW, y.kernel, x.kernel) < 1)
          return `padding of kind ${mode}, strides ${strideH}x${strideW}, a window of ${y.kernel}x${x.kernel}`;
        return y.outputs === height && x.outputs === width && channels === planeOf(inputOf(context, 0))[2]
          ? null
          : `output ${height}x${width}x${channels} where ${y.outputs}x${x.outputs}x${planeOf(inputOf(context, 0))[2]} follows`;
      },
    },
    {
      name: 'window',
      text: `windows of at most ${limits.kernelSide}x${limits.kernelSide}, larger to about 5400 pixels; at most ${mostRegions} parts of the plane with windows of their own size, or windows that are larger or further apart than ${limits.stride}; padding to ${limits.pad}`,
      broken: (context) => {
        const [y, x] = poolAxes(context);
        if (Math.max(y.pad, x.pad) > limits.pad)
          return `SAME padding of ${y.pad} rows above and ${x.pad} columns on the left`;
        const regions = regionsOf(poolAxes(context)).length;
        if (regions > mostRegions) return `${regions} parts`;
        const operations = averagesOf(context);
        return typeof operations === 'string' ? operations : null;
      },
    },
    {
      name: 'trust',
      text: `with trust=seen: windows of at most ${limits.kernelSide}x${limits.kernelSide} without padding, and no activation`,
      broken: (context) => {
        if (context.trust !== 'seen') return null;
        if (activationClamps(context).length > 0) return 'a clamp by the DPU alone';
        if (isLarge(poolAxes(context))) return 'a table by the DPU alone';
        return regionsOf(poolAxes(context)).length === 1 ? null : 'gaps between output rows';
      },
    },
  ],
  lower: (context) => {
    const operations = averagesOf(context);
    if (typeof operations === 'string') throw new Error(`AVERAGE_POOL_2D #${context.node.index}: ${operations}`);
    return [...operations, ...activationClamps(context)];
  },
};
