/**
 * AVERAGE_POOL_2D: a depthwise convolution with weights of 1. TFLite leaves padding out of the divisor, so windows at the
 * edges that hold fewer pixels are operations of their own.
 */
import { limits } from '../hardware/limits.js';
import { averageStages } from '../quantize/average_stages.js';
import { areaTensor, Spare, wholeArea } from './arrange.js';
import { activationClamps } from './code_range.js';
import { knownActivation, maps, oneType, planes } from './common_rules.js';
import { kernelWrong } from './convolution.js';
import { plainGeometry, unscaled } from './copy.js';
import { sumOfPlane } from './large_window.js';
import type { ConvGeometry, ConvOperation, Operation } from './operation.js';
import { type Axis, poolAxes, type Range, rangesOf } from './pool_windows.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf } from './rule.js';

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

const regionsOf = (axes: readonly [Axis, Axis]): readonly (readonly [Range, Range])[] => {
  const columns = rangesOf(axes[1], true);
  return rangesOf(axes[0], true).flatMap((row) => columns.map((column) => [row, column] as const));
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
    if (Math.max(geometry.strideY, geometry.strideX) > limits.stride)
      return `stride ${geometry.strideY}x${geometry.strideX}`;
    const whole = rows.length === plane[0] && columns.length === plane[1] && rows.outputs * columns.outputs === 1;
    const wrong = kernelWrong(geometry, true);
    const large = wrong !== null && whole ? sumOfPlane(input?.index ?? -1, plane, nodes, spare) : null;
    if (wrong !== null && large === null) return wrong;
    const count = rows.count * columns.count;
    const stages = averageStages(count, input?.type === 'uint8' ? 'up' : 'away');
    if (stages === null) return `a window of ${count} pixels`;
    const from = areaTensor(
      {
        ...wholeArea(input?.index ?? -1, plane),
        shape: [rows.length, columns.length, plane[2]],
        first: rows.start * plane[1] + columns.start,
      },
      nodes,
      spare,
    );
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
      input: large?.input ?? from.tensor,
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
    operations.push(...(large?.operations ?? from.views), ...to.views, average);
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
      text: 'SAME or VALID padding, and the output shape that follows from it',
      broken: (context) => {
        const [y, x] = poolAxes(context);
        const [height, width, channels] = planeOf(outputOf(context));
        const { padding: mode = 0, strideH = 0, strideW = 0 } = context.node.params;
        if (![1, 2].includes(mode) || Math.min(strideH, strideW, y.kernel, x.kernel) < 1) return `padding ${mode}`;
        return y.outputs === height && x.outputs === width && channels === planeOf(inputOf(context, 0))[2]
          ? null
          : `output ${height}x${width} where ${y.outputs}x${x.outputs} follows`;
      },
    },
    {
      name: 'window',
      text: `windows of at most ${limits.kernelSide}x${limits.kernelSide} (of the whole plane: larger, where up to 15 divides its pixels), strides to ${limits.stride}, and at most ${mostRegions} parts of the plane with windows of their own size`,
      broken: (context) => {
        const regions = regionsOf(poolAxes(context)).length;
        if (regions > mostRegions) return `${regions} parts`;
        const operations = averagesOf(context);
        return typeof operations === 'string' ? operations : null;
      },
    },
    {
      name: 'trust',
      text: 'with trust=seen: a window without padding, and no activation',
      broken: (context) => {
        if (context.trust !== 'seen') return null;
        if (activationClamps(context).length > 0) return 'a clamp by the DPU alone';
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
