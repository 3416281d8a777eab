/**
 * Resizes to any size on the host: a table of positions for rows, and one for columns. Those of RESIZE_BILINEAR are what
 * TFLite's reference kernels calculate, in 10-bit fixed point for int8 and in single precision for uint8.
 */
import { constantInts } from '../graph/graph.js';
import { maps, planes, sameCodes } from './shared/common_rules.js';
import type { ResizeKernel, ResizePosition } from '../ir/operation.js';
import { isByteTensor, planeOf, quantizationOf, shapeText } from '../graph/tensor.js';
import { type HostDefinition, inputOf, type OpContext, outputOf } from './shared/rule.js';

export interface Corners {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export const cornersOf = ({ node }: OpContext): Corners => ({
  alignCorners: (node.params['alignCorners'] ?? 0) !== 0,
  halfPixelCenters: (node.params['halfPixelCenters'] ?? 0) !== 0,
});

type PositionsOf = (input: number, output: number, corners: Corners) => readonly ResizePosition[];

const { fround } = Math;
const oneFixed = 1024;
const along = (output: number, position: (place: number) => ResizePosition): readonly ResizePosition[] =>
  Array.from({ length: output }, (_, place) => position(place));

/** Input pixels from an output to the next, in single precision. */
export const floatStep = (input: number, output: number, { alignCorners }: Corners): number =>
  alignCorners && output > 1 ? fround((input - 1) / (output - 1)) : fround(input / output);

const fixedPositions: PositionsOf = (input, output, { alignCorners, halfPixelCenters }) => {
  const step =
    alignCorners && output > 1
      ? Math.trunc((oneFixed * (input - 1) + Math.trunc((output - 1) / 2)) / (output - 1))
      : Math.trunc((oneFixed * input + Math.trunc(output / 2)) / output);
  return along(output, (place) => {
    const at = place * step + (halfPixelCenters ? Math.trunc(step / 2) - oneFixed / 2 : 0);
    const lower = Math.max(Math.trunc(at / oneFixed), 0);
    const upper = Math.min(Math.trunc((at + oneFixed - 1) / oneFixed), input - 1);
    // TFLite's two weights of one and the same pixel sum to one.
    return { lower: Math.min(lower, input - 1), upper, behind: lower >= upper ? 0 : at - oneFixed * lower };
  });
};

const floatPositions: PositionsOf = (input, output, corners) => {
  const step = floatStep(input, output, corners);
  return along(output, (place) => {
    const at = corners.halfPixelCenters ? fround(fround(fround(place + 0.5) * step) - 0.5) : fround(place * step);
    const lower = Math.max(Math.floor(at), 0);
    const upper = Math.min(Math.ceil(at), input - 1);
    // Beyond the edges one weight is negative; TFLite rounds both products, so both are kept.
    return { lower: Math.min(lower, input - 1), upper, behind: fround(at - lower) };
  });
};

interface Interpolation {
  readonly arithmetic: ResizeKernel['arithmetic'];
  readonly positionsOf: PositionsOf;
}

export const bilinear = (context: OpContext): Interpolation =>
  outputOf(context)?.type === 'uint8'
    ? { arithmetic: 'float', positionsOf: floatPositions }
    : { arithmetic: 'fixed', positionsOf: fixedPositions };

const kernelOf = (context: OpContext, { arithmetic, positionsOf }: Interpolation): ResizeKernel => {
  const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
  const corners = cornersOf(context);
  return {
    kind: 'resize',
    arithmetic,
    rows: positionsOf(from[0], to[0], corners),
    columns: positionsOf(from[1], to[1], corners),
  };
};

/** @param fact what of the silicon keeps the node from the NPU */
export const resizeHost = (fact: string, way: (context: OpContext) => Interpolation): HostDefinition => ({
  fact,
  rules: [
    ...sameCodes(maps(0), planes),
    {
      name: 'size',
      text: 'a constant size',
      broken: (context) => {
        if (constantInts(inputOf(context, 1)) === null) return 'a size that is not constant';
        const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
        return from[2] === to[2] ? null : `${shapeText(from)} to ${shapeText(to)}`;
      },
    },
  ],
  lower: (context) => {
    const { node } = context;
    const map = outputOf(context);
    if (!isByteTensor(map)) throw new Error(`${node.op} #${node.index}: lowered against its rules`);
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const { zeroPoint } = quantizationOf(map);
    const kernel = kernelOf(context, way(context));
    return [{ kind: 'host', nodes: [node.index], input, output, type: map.type, zeroPoint, kernel }];
  },
});
