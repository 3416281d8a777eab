/** What SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND have in common: samples whose pixels are spread over more samples. */
import { constantInts, type Tensor } from '../../graph/graph.js';
import type { Chip } from '../../hardware/chips.js';
import { mostSamples } from '../batched.js';
import { unusableTensor } from './common_rules.js';
import type { Check, Narrowing } from './match.js';
import { isStatic, shapeText } from '../../graph/tensor.js';
import { inputOf, type NodeContext, type OpContext } from './rule.js';
import { type ByteMaps, sameCodeMaps } from './unary.js';

/** Rows, columns. */
export type Pair = readonly [number, number];

export interface Blocks {
  readonly block: Pair;
  /** Pixels of padding, or that are cropped, before and behind those of the sample. */
  readonly before: Pair;
  readonly after: Pair;
}

/** @returns null where the node's second and third input are no constants of one value (two values) for each of two axes */
export const blocksOf = (context: NodeContext): Blocks | null => {
  const [block, amounts] = [constantInts(inputOf(context, 1)), constantInts(inputOf(context, 2))];
  const [rows, columns, ...axes] = block ?? [];
  const [top, bottom, left, right, ...more] = amounts ?? [];
  if (rows === undefined || columns === undefined || axes.length > 0) return null;
  if (top === undefined || bottom === undefined || left === undefined || right === undefined || more.length > 0)
    return null;
  if ([top, bottom, left, right].some((amount) => amount < 0)) return null;
  return { block: [rows, columns], before: [top, left], after: [bottom, right] };
};

/** Samples, height, width, channels. */
export type Batch = readonly [samples: number, height: number, width: number, channels: number];

export interface BatchMaps {
  readonly from: Batch;
  readonly to: Batch;
}

const batchOf = (tensor: Tensor): Batch | string => {
  const [samples, height, width, channels, ...more] = tensor.shape;
  const isBatch = samples !== undefined && height !== undefined && width !== undefined && channels !== undefined;
  return isBatch && more.length === 0 && isStatic(tensor)
    ? [samples, height, width, channels]
    : `shape ${shapeText(tensor.shape)}`;
};

const batchMaps: Narrowing<ByteMaps, BatchMaps> = {
  name: 'shapes',
  text: 'static 4-D feature maps',
  narrow: ({ input, output }) => {
    const from = unusableTensor(input) ?? batchOf(input);
    if (typeof from === 'string') return from;
    const to = unusableTensor(output) ?? batchOf(output);
    return typeof to === 'string' ? to : { from, to };
  },
};

/** What both ask of their feature maps. */
export const movedMaps = sameCodeMaps(batchMaps);

/** @param many the side that has a sample for each place in a block */
export const fewSamples = (many: keyof BatchMaps): Check<BatchMaps> => ({
  name: 'batch',
  text: `at most ${mostSamples} samples, each of which makes tasks of its own; any number around a convolution with which they are a dilated one`,
  broken: (known) => {
    const [samples] = known[many];
    return samples <= mostSamples ? null : `${samples} samples`;
  },
});

/** @param wrong why these blocks do not make the output out of the input; null where they do */
export const blocksRule = (
  most: (chip: Chip) => number,
  amounts: (chip: Chip) => string,
  wrong: (known: OpContext & BatchMaps, blocks: Blocks) => string | null,
): Narrowing<OpContext & BatchMaps, Blocks> => ({
  name: 'block',
  text: (chip) =>
    `constant blocks of at most ${most(chip)}x${most(chip)}, constant ${amounts(chip)}, and the output shape that follows from them`,
  narrow: (known) => {
    const blocks = blocksOf(known);
    if (blocks === null) return 'blocks that are not constant, or not of height and width';
    if (blocks.block.some((side) => side < 1 || side > most(known.chip))) return `blocks of ${shapeText(blocks.block)}`;
    return wrong(known, blocks) ?? blocks;
  },
});
