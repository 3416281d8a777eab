/** Graph -> graph rewrites, each with its name. An operation list in, an operation list out. */
import type { Chip } from '../hardware/chips.js';
import type { Operation } from '../ir/operation.js';
import type { Part } from '../graph/graph.js';
import { fuseAdd } from './fuse_add.js';
import { fusePad } from './fuse_pad.js';
import { twoSigns } from './two_signs.js';
import { dropUnused } from './unused.js';
import type { SentOptions } from '../wire/sent_options.js';

/**
 * `best`: as near to TFLite as the hardware comes, with more tasks. `fast`: the fewest tasks that keep 99.95 % of an ADD's values.
 * `fastest`: every ADD that can be is a part of a convolution, as in the programs of Mesa and the vendor.
 */
export type Precision = SentOptions['precision'];

/** Above this expected share of differing sums an ADD stays a task of its own. */
const largestMismatch: Readonly<Record<Precision, number>> = { fastest: Infinity, fast: 5e-4, best: 0 };

export const fuse = (
  chip: Chip,
  operations: readonly Operation[],
  part: Part,
  precision: Precision,
  firstFresh: number,
): readonly Operation[] => {
  const padded = fusePad(chip, operations);
  const signs = precision === 'best' ? twoSigns(padded, firstFresh) : padded;
  return dropUnused(fuseAdd(chip, signs, part, largestMismatch[precision]), part);
};
