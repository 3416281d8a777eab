/**
 * MAX_POOL_2D without the PPU, which reads fp16 only on an RK3588: the pixels of each place in the window are taken apart
 * by depthwise convolutions that weigh one tap, first along rows, then along columns, and the larger of two codes is kept.
 */
import { limits } from '../hardware/limits.js';
import { extremeStages } from '../quantize/add_stages.js';
import { buffer, type Plane, Spare } from './arrange.js';
import { codeRange } from './code_range.js';
import { knownActivation, maps, oneType, planes, unseen } from './common_rules.js';
import { identityConvolution, plainGeometry } from './copy.js';
import type { ConvGeometry, Operation } from './operation.js';
import { type Axis, axisOf } from './pool_windows.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf } from './rule.js';

/** A window of more places takes more tasks than the pool is worth. */
const mostPlaces = 16;

const axesOf = (context: OpContext): readonly [Axis, Axis] => {
  const [height, width] = planeOf(inputOf(context, 0));
  const { padding: mode = 0, filterH = 0, filterW = 0, strideH = 0, strideW = 0 } = context.node.params;
  return [axisOf(height, filterH, strideH, mode), axisOf(width, filterW, strideW, mode)];
};

const strideOf = ({ outputs, stride }: Axis): number => (outputs === 1 ? 1 : stride);

/** One axis of the pool, on a plane that keeps the other. */
const geometryOf = (plane: Plane, axis: Axis, isColumn: boolean): ConvGeometry => {
  const plain = plainGeometry(plane, plane[2]);
  return isColumn
    ? { ...plain, outputHeight: axis.outputs, kernelHeight: axis.kernel, strideY: strideOf(axis), padTop: axis.pad }
    : { ...plain, outputWidth: axis.outputs, kernelWidth: axis.kernel, strideX: strideOf(axis), padLeft: axis.pad };
};

/** The largest of each window along one axis. Padding is the lowest code, which no window is without a pixel for. */
const largestAlong = (
  input: number,
  output: number,
  plane: Plane,
  axis: Axis,
  isColumn: boolean,
  nodes: readonly number[],
  spare: Spare,
): readonly Operation[] => {
  const geometry = geometryOf(plane, axis, isColumn);
  const result: Plane = [geometry.outputHeight, geometry.outputWidth, plane[2]];
  const operations: Operation[] = [];
  let largest = -1;
  for (let tap = 0; tap < axis.kernel; tap++) {
    const last = tap === axis.kernel - 1;
    const place = last && tap === 0 ? output : spare.next();
    if (place !== output) operations.push(buffer(nodes, place, result));
    const weights = new Int8Array(axis.kernel * plane[2]).fill(1, tap * plane[2], (tap + 1) * plane[2]);
    const identity = identityConvolution({ kind: 'move', nodes, input, output: place }, plane);
    operations.push({ ...identity, geometry, weights, inputZeroPoint: -128 });
    if (tap === 0) {
      largest = place;
      continue;
    }
    const larger = last ? output : spare.next();
    if (!last) operations.push(buffer(nodes, larger, result));
    operations.push({ kind: 'pair', nodes, inputs: [largest, place], output: larger, stages: extremeStages('max') });
    largest = larger;
  }
  return operations;
};

export const maxPool2d: OpDefinition = {
  op: 'MAX_POOL_2D',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    knownActivation,
    {
      name: 'window',
      text: `windows of at most ${mostPlaces}x${mostPlaces}, strides to ${limits.stride}, SAME or VALID padding and the output shape that follows`,
      broken: (context) => {
        const axes = axesOf(context);
        const [height, width, channels] = planeOf(outputOf(context));
        const { padding: mode = 0 } = context.node.params;
        for (const axis of axes) {
          if (!(axis.kernel >= 1 && axis.kernel <= mostPlaces && axis.stride >= 1)) return `a window of ${axis.kernel}`;
          if (strideOf(axis) > limits.stride || axis.pad > limits.pad) return `stride ${axis.stride}`;
        }
        const [y, x] = axes;
        const fits = y.outputs === height && x.outputs === width && channels === planeOf(inputOf(context, 0))[2];
        return fits && [1, 2].includes(mode) ? null : `output ${height}x${width}, padding ${mode}`;
      },
    },
    unseen('an int8 elementwise task'),
  ],
  lower: (context) => {
    const { node } = context;
    const [y, x] = axesOf(context);
    const plane = planeOf(inputOf(context, 0));
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const nodes = [node.index];
    const spare = new Spare(context.spare);
    const between: Plane = [plane[0], x.outputs, plane[2]];
    const half = buffer(nodes, spare.next(), between);
    const range = codeRange(outputOf(context), node.params['activation'] ?? 0) ?? [-128, 127];
    const clamps = range[0] !== -128 || range[1] !== 127;
    return [
      half,
      ...largestAlong(input, half.output, plane, x, false, nodes, spare),
      ...largestAlong(half.output, output, between, y, true, nodes, spare),
      ...(clamps ? [{ kind: 'clamp', nodes, input: output, output, range } as const] : []),
    ];
  },
};
