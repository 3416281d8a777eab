/**
 * Resizes to any size on the host: a table of positions for rows, and one for columns. Those of RESIZE_BILINEAR are what
 * TFLite's reference kernels calculate, in 10-bit fixed point for int8 and in single precision for uint8.
 */
import { constantInts } from '../graph/graph.js';
import { shapeText } from '../graph/tensor.js';
import type { ResizeKernel, ResizePosition } from '../ir/operation.js';
import { type Check, formOf } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { type HostDefinition, inputOf, type NodeContext, type OpContext } from './shared/rule.js';
import { type ByteMaps, type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';

export interface Corners {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export const cornersOf = ({ node }: NodeContext): Corners => ({
  alignCorners: optionOf(node, 'alignCorners') !== 0,
  halfPixelCenters: optionOf(node, 'halfPixelCenters') !== 0,
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

export const bilinear = ({ output }: ByteMaps): Interpolation =>
  output.type === 'uint8'
    ? { arithmetic: 'float', positionsOf: floatPositions }
    : { arithmetic: 'fixed', positionsOf: fixedPositions };

type Maps = OpContext & ByteMaps & PlaneMaps;

const sizeRule: Check<Maps> = {
  name: 'size',
  text: 'a constant size',
  broken: (known) => {
    const { from, to } = known;
    if (constantInts(inputOf(known, 1)) === null) return 'a size that is not constant';
    return from[2] === to[2] ? null : `${shapeText(from)} to ${shapeText(to)}`;
  },
};

/** @param fact what of the silicon keeps the node from the NPU */
export const resizeHost = (fact: string, way: (known: Maps) => Interpolation): HostDefinition => ({
  fact,
  ...formOf(sameCodeMaps(planeMaps).check(sizeRule), (known) => {
    const { node, input, output, outputQuantization, from, to } = known;
    const { arithmetic, positionsOf } = way(known);
    const corners = cornersOf(known);
    const rows = positionsOf(from[0], to[0], corners);
    const columns = positionsOf(from[1], to[1], corners);
    return [
      {
        kind: 'host',
        nodes: [node.index],
        input: input.index,
        output: output.index,
        type: output.type,
        zeroPoint: outputQuantization.zeroPoint,
        kernel: { kind: 'resize', arithmetic, rows, columns },
      },
    ];
  }),
});
