/** RESIZE_NEAREST_NEIGHBOR by whole factors: each pixel is copied into its places. */
import { constantInts } from '../model/graph.js';
import { Spare } from './arrange.js';
import { maps, oneQuantization, oneType, perTensor, planes, unseen } from './common_rules.js';
import { resizeHost } from './host_resize.js';
import { interleave } from './interleave.js';
import type { OpContext, OpDefinition } from './rule.js';
import { inputOf, outputOf, planeOf } from './rule.js';

const largestFactor = 16;

/** Source of each place along one axis, as TFLite finds it in float32. */
const sources = (length: number, outputs: number, alignCorners: boolean, halfPixels: boolean): readonly number[] => {
  const scale = Math.fround(alignCorners && outputs > 1 ? (length - 1) / (outputs - 1) : length / outputs);
  return Array.from({ length: outputs }, (_, place) => {
    const at = Math.fround(Math.fround(place + (halfPixels ? 0.5 : 0)) * scale);
    return Math.min(length - 1, alignCorners ? Math.round(at) : Math.floor(at));
  });
};

const factorsOf = (context: OpContext): readonly [number, number] | null => {
  const [height, width] = planeOf(inputOf(context, 0));
  const [outputHeight, outputWidth] = planeOf(outputOf(context));
  const { alignCorners = 0, halfPixelCenters = 0 } = context.node.params;
  const factors = [outputHeight / height, outputWidth / width] as const;
  const whole = ([height, width] as const).every((length, i) => {
    const factor = factors[i] ?? 0;
    return (
      Number.isInteger(factor) &&
      factor <= largestFactor &&
      sources(length, length * factor, alignCorners !== 0, halfPixelCenters !== 0).every(
        (source, place) => source === Math.floor(place / factor),
      )
    );
  });
  return whole ? factors : null;
};

export const resizeNearestNeighbor: OpDefinition = {
  op: 'RESIZE_NEAREST_NEIGHBOR',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    oneQuantization(maps(0)),
    {
      name: 'factors',
      text: `a constant size, a whole number of times that of the input, at most ${largestFactor} times; pixels that are repeated evenly`,
      broken: (context) => {
        if (constantInts(inputOf(context, 1)) === null) return 'a size that is not constant';
        if (planeOf(inputOf(context, 0))[2] !== planeOf(outputOf(context))[2]) return 'other channels';
        const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
        return factorsOf(context) === null ? `${from[0]}x${from[1]} to ${to[0]}x${to[1]}` : null;
      },
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const { node } = context;
    const [rows, columns] = factorsOf(context) ?? [1, 1];
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const repeated = Array.from({ length: rows }, () => Array.from({ length: columns }, () => input));
    return interleave(repeated, planeOf(inputOf(context, 0)), output, [node.index], new Spare(context.spare));
  },
  host: resizeHost('pixels that are not repeated evenly, and the NPU walks in even steps', () => ({
    arithmetic: 'fixed',
    positionsOf: (input, output, { alignCorners, halfPixelCenters }) =>
      sources(input, output, alignCorners, halfPixelCenters).map((source) => ({
        lower: source,
        upper: source,
        behind: 0,
      })),
  })),
};
