/**
 * A convolution with a stride that reads a picture of few channels has most of the lanes of its products empty. The host makes the
 * picture's cube anyway: with blocks of stride x stride pixels as its pixels, the same sums are a convolution without a stride, on
 * more channels and fewer taps. 3x3 by 2 on 3 channels becomes 2x2 on 12, 6x6 becomes 3x3, 7x7 becomes 4x4; the cube is a quarter
 * as large. Taps outside the kernel have the weight that stands for 0, so that every sum stays what it was.
 */
import { atomsOf } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type Graph, type Part } from '../graph/graph.js';
import { isByteTensor, perTensorOf, planeOf } from '../graph/tensor.js';
import {
  blockPlane,
  type Blocks,
  type BlocksOperation,
  type ConvGeometry,
  type ConvOperation,
  type Operation,
  operandsOf,
} from '../ir/operation.js';
import { addTo } from '../tally.js';
import { planBounds } from '../wire/plan_records.js';
import type { TensorId } from '../hardware/units.js';

/** Taps with their groups of channels: what the CNA takes a cycle each for, for 16 positions. */
const stepsOf = (chip: Chip, { kernelHeight, kernelWidth, inputChannels }: ConvGeometry): number =>
  kernelHeight * kernelWidth * Math.ceil(inputChannels / chip.atoms.weightChannels);

/** Padding in whole blocks, and what of it stands in the first one. */
const splitPad = (pad: number, size: number): readonly [number, number] => [Math.floor(pad / size), pad % size];

const foldedGeometry = (
  g: ConvGeometry,
  size: number,
): { readonly geometry: ConvGeometry; readonly blocks: Blocks } => {
  const [[padTop, top], [padLeft, left]] = [splitPad(g.padTop, size), splitPad(g.padLeft, size)];
  const blocks = { size, top, left };
  const [inputHeight, inputWidth, inputChannels] = blockPlane([g.inputHeight, g.inputWidth, g.inputChannels], blocks);
  const geometry = {
    ...g,
    ...{ inputHeight, inputWidth, inputChannels, padTop, padLeft, strideY: 1, strideX: 1 },
    kernelHeight: Math.ceil(g.kernelHeight / size),
    kernelWidth: Math.ceil(g.kernelWidth / size),
  };
  return { geometry, blocks };
};

/** OHWI, of blocks: lanes are the rows of a block, in each the columns, in each the channels. */
const foldedWeights = (
  { weights, weightZeroPoint, geometry: g }: ConvOperation,
  to: ConvGeometry,
  size: number,
): Int8Array => {
  const folded = new Int8Array(to.outputChannels * to.kernelHeight * to.kernelWidth * to.inputChannels).fill(
    weightZeroPoint,
  );
  for (let oc = 0; oc < g.outputChannels; oc++) {
    for (let y = 0; y < g.kernelHeight; y++) {
      for (let x = 0; x < g.kernelWidth; x++) {
        const from = ((oc * g.kernelHeight + y) * g.kernelWidth + x) * g.inputChannels;
        const [row, column] = [Math.floor(y / size), Math.floor(x / size)];
        const lane = ((y % size) * size + (x % size)) * g.inputChannels;
        const at = ((oc * to.kernelHeight + row) * to.kernelWidth + column) * to.inputChannels + lane;
        folded.set(weights.subarray(from, from + g.inputChannels), at);
      }
    }
  }
  return folded;
};

/** @returns null where nothing is gained, or the picture is not the host's alone to lay out */
const folded = (
  chip: Chip,
  graph: Graph,
  operation: ConvOperation,
  input: TensorId,
  output: TensorId,
): { readonly blocks: BlocksOperation; readonly conv: ConvOperation } | null => {
  const { geometry: g, nodes } = operation;
  const size = g.strideY;
  const isPlain = !operation.depthwise && operation.stages === null && g.apart === undefined;
  if (!isPlain || size < 2 || size !== g.strideX || Math.max(g.dilationY, g.dilationX) > 1) return null;
  if (size > planBounds.mostBlock || g.inputChannels > planBounds.mostBlockChannels) return null;
  const picture = graph.tensors.get(input);
  if (picture === undefined || !isByteTensor(picture) || picture.shape.slice(0, -3).some((dim) => dim !== 1))
    return null;
  const [height, width, channels] = planeOf(picture);
  if (height !== g.inputHeight || width !== g.inputWidth || channels !== g.inputChannels) return null;
  // What stands in blocks beside the picture is what the convolution pads with.
  if (perTensorOf(picture)?.zeroPoint !== operation.inputZeroPoint) return null;
  const { geometry, blocks } = foldedGeometry(g, size);
  const isLess = 4 * stepsOf(chip, geometry) <= 3 * stepsOf(chip, g);
  const isSmaller =
    geometry.inputHeight * geometry.inputWidth * atomsOf(chip, geometry.inputChannels) <=
    height * width * atomsOf(chip, channels);
  if (!isLess || !isSmaller) return null;
  const shape = [geometry.inputHeight, geometry.inputWidth, geometry.inputChannels] as const;
  return {
    blocks: { kind: 'blocks', nodes, input, output, shape, blocks },
    conv: { ...operation, input: output, geometry, weights: foldedWeights(operation, geometry, size) },
  };
};

/** @param taken orders of TFLite's tensors that are not NHWC */
export const foldStems = (
  chip: Chip,
  graph: Graph,
  part: Part,
  operations: readonly Operation[],
  taken: ReadonlyMap<TensorId, unknown>,
): readonly Operation[] => {
  const named = operations.flatMap((one) => [one.output, ...operandsOf(one)]);
  let fresh = 1 + [...graph.tensors.keys(), ...named].reduce((most, tensor) => Math.max(most, tensor), 0);
  const reads = new Map<TensorId, number>();
  for (const tensor of named) addTo(reads, tensor, 1);
  const isAlone = (tensor: TensorId): boolean => reads.get(tensor) === 1 && !part.outputs.includes(tensor);
  // A QUANTIZE that changes the type alone.
  const moved = new Map(
    operations.flatMap((one) =>
      one.kind === 'move' && reads.get(one.output) === 2 && !part.outputs.includes(one.output)
        ? [[one.output, one] as const]
        : [],
    ),
  );
  const dropped = new Set<Operation>();
  const made = operations.map((one): readonly Operation[] => {
    if (one.kind !== 'conv') return [one];
    const move = moved.get(one.input);
    const picture = move === undefined ? one.input : move.input;
    if (taken.has(picture) || !part.inputs.includes(picture) || !isAlone(picture)) return [one];
    const stem = folded(chip, graph, one, picture, fresh);
    if (stem === null) return [one];
    fresh++;
    if (move !== undefined) dropped.add(move);
    return [stem.blocks, stem.conv];
  });
  return made.flat().filter((one) => !dropped.has(one));
};
