/**
 * PAD and PADV2 over height and width: a depthwise 1x1 convolution whose padding constant is the value (place/). Where the
 * consumer is a convolution, it takes the padding itself (fuse/fuse_pad.ts).
 */
import { constantInts, type Tensor } from '../graph/graph.js';
import { type PerTensor, shapeText } from '../graph/tensor.js';
import { formOf, type Narrowing } from './shared/match.js';
import { inputOf, type OpContext, type OpDefinition } from './shared/rule.js';
import { constantCodes } from './shared/two_operands.js';
import { type ByteMaps, type PlaneMaps, planeMaps, type QuantizedMaps, sameCodeMaps } from './shared/unary.js';

/** Pixels of padding on each side. */
export interface Margins {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export const marginText = ({ top, bottom, left, right }: Margins): string => [top, bottom, left, right].join(', ');

/** @returns null where another dimension than height and width is padded, or the amounts are not known */
export const marginsOf = (context: OpContext & ByteMaps): Margins | null => {
  const amounts = constantInts(inputOf(context, 1));
  const rank = context.input.shape.length;
  if (amounts === null || amounts.length !== 2 * rank) return null;
  // Of each dimension before and behind; a plane of fewer dimensions has one row.
  const all = [...new Array<number>(2 * Math.max(0, 3 - rank)).fill(0), ...amounts];
  const [top, bottom, left, right, ...channels] = all.slice(-6);
  if (top === undefined || bottom === undefined || left === undefined || right === undefined) return null;
  const others = [...all.slice(0, -6), ...channels];
  return others.every((amount) => amount === 0) ? { top, bottom, left, right } : null;
};

/** The code of the padding: the output's zero-point, or PADV2's constant; null where that is none of the output's type. */
const valueOf = (value: Tensor | null, output: Tensor, { zeroPoint }: PerTensor): number | null => {
  if (value === null) return zeroPoint;
  const [code, ...others] = value.type === output.type ? constantCodes(value) : [];
  return code === undefined || others.length > 0 ? null : code;
};

interface Padded {
  readonly margins: Margins;
  readonly value: number;
}

const padding: Narrowing<OpContext & ByteMaps & PlaneMaps & QuantizedMaps, Padded> = {
  name: 'padding',
  text: ({ limits }) =>
    `constant paddings of height and width alone, at most ${limits.pad} pixels on a side; a constant value`,
  narrow: (known) => {
    const { output, outputQuantization, from, to } = known;
    const { limits } = known.chip;
    const margins = marginsOf(known);
    if (margins === null) return 'paddings that are not constant, or of another dimension';
    const { top, bottom, left, right } = margins;
    if ([top, bottom, left, right].some((amount) => amount < 0 || amount > limits.pad))
      return `paddings ${marginText(margins)}`;
    const value = valueOf(inputOf(known, 2), output, outputQuantization);
    if (value === null) return 'a value that is not constant';
    const [height, width] = [from[0] + top + bottom, from[1] + left + right];
    return height === to[0] && width === to[1] && Math.max(height, width) <= limits.plane
      ? { margins, value }
      : `output ${shapeText(output.shape)}`;
  },
};

const padOf = (op: string): OpDefinition => ({
  op,
  ...formOf(sameCodeMaps(planeMaps).narrow(padding), ({ node, input, output, from, to, margins, value }) => {
    const { top, left } = margins;
    const own = { nodes: [node.index], input: input.index, output: output.index };
    return [{ ...own, kind: 'pad', shape: from, size: [to[0], to[1]], top, left, value }];
  }),
});

export const pad = padOf('PAD');
export const padV2 = padOf('PADV2');
