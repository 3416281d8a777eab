/** What SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND have in common: pictures whose pixels are spread over more pictures. */
import { constantInts, type Tensor } from '../../graph/graph.js';
import type { Chip } from '../../hardware/chips.js';
import { mostPictures } from '../batched.js';
import { type FeatureMaps, maps, sameCodes, unusableTensor } from './common_rules.js';
import { isStatic, shapeText } from '../../graph/tensor.js';
import { inputOf, type OpContext, type Rule } from './rule.js';

/** Rows, columns. */
export type Pair = readonly [number, number];

export interface Blocks {
  readonly block: Pair;
  /** Pixels of padding, or that are cropped, before and behind those of the picture. */
  readonly before: Pair;
  readonly after: Pair;
}

/** @returns null where the node's second and third input are no constants of one value (two values) for each of two axes */
export const blocksOf = (context: Pick<OpContext, 'graph' | 'node'>): Blocks | null => {
  const [block, amounts] = [constantInts(inputOf(context, 1)), constantInts(inputOf(context, 2))];
  if (block?.length !== 2 || amounts?.length !== 4) return null;
  const [rows = 0, columns = 0] = block;
  const [top = 0, bottom = 0, left = 0, right = 0] = amounts;
  if ([top, bottom, left, right].some((amount) => amount < 0)) return null;
  return { block: [rows, columns], before: [top, left], after: [bottom, right] };
};

const fourDimensions = (of: FeatureMaps): Rule => ({
  name: 'shapes',
  text: 'static 4-D feature maps',
  broken: (context) => {
    for (const tensor of of(context)) {
      const unusable = unusableTensor(tensor);
      if (tensor === null || unusable !== null) return unusable;
      if (!isStatic(tensor) || tensor.shape.length !== 4) return `shape ${shapeText(tensor.shape)}`;
    }
    return null;
  },
});

/** What both ask of their feature maps. */
export const movedRules: readonly Rule[] = sameCodes(maps(0), fourDimensions);

/** @param many the side that has a picture for each place in a block */
export const fewPictures = (many: (context: OpContext) => Tensor | null): Rule => ({
  name: 'batch',
  text: `at most ${mostPictures} pictures, each of which makes tasks of its own; any number around a convolution with which they are a dilated one`,
  broken: (context) => {
    const pictures = many(context)?.shape[0] ?? 0;
    return pictures <= mostPictures ? null : `${pictures} pictures`;
  },
});

/** @param wrong why these blocks do not make the output out of the input; null where they do */
export const blocksRule = (
  most: (chip: Chip) => number,
  amounts: (chip: Chip) => string,
  wrong: (context: OpContext, blocks: Blocks) => string | null,
): Rule => ({
  name: 'block',
  text: (chip) =>
    `constant blocks of at most ${most(chip)}x${most(chip)}, constant ${amounts(chip)}, and the output shape that follows from them`,
  broken: (context) => {
    const blocks = blocksOf(context);
    if (blocks === null) return 'blocks that are not constant, or not of height and width';
    if (blocks.block.some((side) => side < 1 || side > most(context.chip)))
      return `blocks of ${shapeText(blocks.block)}`;
    return wrong(context, blocks);
  },
});
