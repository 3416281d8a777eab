/**
 * RESIZE_BILINEAR by 2 or 4 on a side: for each place between pixels a depthwise convolution with a kernel of 2x2, whose
 * results take turns in the output. The pixels at the edges are repeated around the input first. One pixel becomes any size.
 */
import { constantInts } from '../model/graph.js';
import { averageStages } from '../quantize/average_stages.js';
import { type Area, areaTensor, buffer, moveArea, type Plane, Spare, wholeArea } from './arrange.js';
import { maps, oneQuantization, oneType, perTensor, planes, unseen } from './common_rules.js';
import { identityConvolution, plainGeometry } from './copy.js';
import { interleave } from './interleave.js';
import { spreadPixels, spreads } from './spread.js';
import type { Operation } from './operation.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, planeOf } from './rule.js';

/** TFLite's 10-bit positions are exact for these; larger ones take more tasks than the node is worth. */
const factors: readonly number[] = [1, 2, 4];

/** Weights of the pixel before and the one behind a place, and how far the first one is from the place's own pixel. */
interface Tap {
  readonly offset: -1 | 0;
  readonly before: number;
  readonly behind: number;
}

/** The places of one axis between two pixels, in units of 1 / (2 * factor) with half pixels, else of 1 / factor. */
const tapsOf = (factor: number, halfPixels: boolean): { readonly unit: number; readonly taps: readonly Tap[] } => {
  if (factor === 1) return { unit: 1, taps: [{ offset: 0, before: 1, behind: 0 }] };
  const unit = halfPixels ? 2 * factor : factor;
  const taps = Array.from({ length: factor }, (_, place): Tap => {
    const at = halfPixels ? 2 * place + 1 - factor : place;
    const offset = at < 0 ? -1 : 0;
    const behind = at - offset * unit;
    return { offset, before: unit - behind, behind };
  });
  return { unit, taps };
};

const factorsOf = (context: OpContext): readonly [number, number] | null => {
  const [height, width] = planeOf(inputOf(context, 0));
  const [outputHeight, outputWidth] = planeOf(outputOf(context));
  const [y, x] = [outputHeight / height, outputWidth / width];
  const aligned = (context.node.params['alignCorners'] ?? 0) !== 0 && (y !== 1 || x !== 1);
  return factors.includes(y) && factors.includes(x) && !aligned ? [y, x] : null;
};

const isOnePixel = (context: OpContext): boolean => {
  const [height, width] = planeOf(inputOf(context, 0));
  return height * width === 1 && spreads([1, 1, 1], planeOf(outputOf(context)));
};

/** The input with its first and last rows and columns once more around it. */
const withEdges = (input: number, plane: Plane, nodes: readonly number[], spare: Spare) => {
  const [height, width, channels] = plane;
  const wide: Plane = [height + 2, width + 2, channels];
  const around = buffer(nodes, spare.next(), wide);
  const whole = wholeArea(around.output, wide);
  const place = (row: number, column: number, rows: number, columns: number): Area => ({
    ...whole,
    shape: [rows, columns, channels],
    first: row * wide[1] + column,
  });
  /** From a row and a column of the input: what stands at the edges is never read where it is written. */
  const copy = (row: number, column: number, to: Area): readonly Operation[] =>
    moveArea({ ...wholeArea(input, plane), shape: to.shape, first: row * width + column }, to, nodes, spare);
  const [bottom, right] = [height - 1, width - 1];
  return {
    tensor: around.output,
    plane: wide,
    operations: [
      around,
      ...copy(0, 0, place(1, 1, height, width)),
      ...copy(0, 0, place(0, 1, 1, width)),
      ...copy(bottom, 0, place(height + 1, 1, 1, width)),
      ...copy(0, 0, place(1, 0, height, 1)),
      ...copy(0, right, place(1, width + 1, height, 1)),
      ...copy(0, 0, place(0, 0, 1, 1)),
      ...copy(0, right, place(0, width + 1, 1, 1)),
      ...copy(bottom, 0, place(height + 1, 0, 1, 1)),
      ...copy(bottom, right, place(height + 1, width + 1, 1, 1)),
    ],
  };
};

const interpolated = (context: OpContext, [rows, columns]: readonly [number, number]): readonly Operation[] => {
  const { node } = context;
  const input = inputOf(context, 0);
  const nodes = [node.index];
  const spare = new Spare(context.spare);
  const plane = planeOf(input);
  const [height, width, channels] = plane;
  const halfPixels = (node.params['halfPixelCenters'] ?? 0) !== 0;
  const [y, x] = [tapsOf(rows, halfPixels), tapsOf(columns, halfPixels)];
  const stages = averageStages(y.unit * x.unit, input?.type === 'uint8' ? 'up' : 'away');
  if (stages === null) throw new Error(`RESIZE_BILINEAR #${node.index}: no factors for its weights`);
  const edges = withEdges(node.inputs[0] ?? -1, plane, nodes, spare);
  const operations: Operation[] = [...edges.operations];
  const made = y.taps.map((down) =>
    x.taps.map((across) => {
      const result = buffer(nodes, spare.next(), plane);
      const from: Area = {
        ...wholeArea(edges.tensor, edges.plane),
        shape: [height + 1, width + 1, channels],
        first: (1 + down.offset) * edges.plane[1] + 1 + across.offset,
      };
      const { tensor, views } = areaTensor(from, nodes, spare);
      const identity = identityConvolution({ kind: 'move', nodes, input: tensor, output: result.output }, from.shape);
      const geometry = {
        ...plainGeometry(from.shape, channels),
        outputHeight: height,
        outputWidth: width,
        kernelHeight: 2,
        kernelWidth: 2,
      };
      const taps = [
        down.before * across.before,
        down.before * across.behind,
        down.behind * across.before,
        down.behind * across.behind,
      ];
      const weights = Int8Array.from({ length: 4 * channels }, (_, i) => taps[Math.floor(i / channels)] ?? 0);
      operations.push(result, ...views, { ...identity, geometry, weights, stages });
      return result.output;
    }),
  );
  return [...operations, ...interleave(made, plane, node.outputs[0] ?? -1, nodes, spare)];
};

export const resizeBilinear: OpDefinition = {
  op: 'RESIZE_BILINEAR',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    oneQuantization(maps(0)),
    {
      name: 'factors',
      text: 'a constant size: that of the input times 1, 2 or 4 without aligned corners; any size for one pixel',
      broken: (context) => {
        if (constantInts(inputOf(context, 1)) === null) return 'a size that is not constant';
        const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
        if (from[2] !== to[2]) return 'other channels';
        return isOnePixel(context) || factorsOf(context) !== null
          ? null
          : `${from[0]}x${from[1]} to ${to[0]}x${to[1]}${context.node.params['alignCorners'] === 1 ? ' with aligned corners' : ''}`;
      },
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const { node } = context;
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const nodes = [node.index];
    const [rows, columns] = factorsOf(context) ?? [0, 0];
    if (rows * columns === 1) return [{ kind: 'move', nodes, input, output }];
    const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
    if (isOnePixel(context)) return spreadPixels(input, from, output, to, nodes, new Spare(context.spare));
    return interpolated(context, [rows, columns]);
  },
};
