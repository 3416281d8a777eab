/**
 * MIRROR_PAD of height and width: each column of the border is a copy of a column of the input, each row one of the rows
 * that are as wide as the output by then.
 */
import { type Area, buffer, moveArea, type Plane, wholeArea } from '../ir/build/arrange.js';
import type { Operation } from '../ir/operation.js';
import { type Margins, marginsOf, marginText } from './pad.js';
import { unseen } from './shared/common_rules.js';
import { formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { type OpContext, type OpDefinition, wrongShape } from './shared/rule.js';
import { type ByteMaps, type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';

/** More rows and columns than this take more tasks than the node is worth. */
const mostCopies = 64;

/** Modes as TFLite's C struct numbers them: with the edge left out, or with the edge. */
const modes = { reflect: 1, symmetric: 2 } as const;

interface Copy {
  readonly from: number;
  readonly to: number;
}

/** Places of the border along one axis, of the output, and where they come from, of the input. */
const copiesOf = (length: number, before: number, behind: number, mode: number): readonly Copy[] => {
  const edge = mode === modes.symmetric ? 0 : 1;
  return [
    ...Array.from({ length: before }, (_, i) => ({ from: before - 1 - i + edge, to: i })),
    ...Array.from({ length: behind }, (_, i) => ({ from: length - 1 - i - edge, to: before + length + i })),
  ];
};

interface Mirrored {
  readonly margins: Margins;
  readonly mode: number;
}

const padding: Narrowing<OpContext & ByteMaps & PlaneMaps, Mirrored> = {
  name: 'padding',
  text: ({ limits }) =>
    `constant paddings of height and width alone, no larger than the input and at most ${mostCopies} rows and columns; planes to ${limits.plane}`,
  narrow: (known) => {
    const { from, to, chip } = known;
    const mode = optionOf(known.node, 'mode');
    if (mode !== modes.reflect && mode !== modes.symmetric) return `mode ${mode}`;
    const margins = marginsOf(known);
    if (margins === null) return 'paddings that are not constant, or of another dimension';
    const { top, bottom, left, right } = margins;
    const [height, width, channels] = from;
    const edge = mode === modes.symmetric ? 0 : 1;
    const inside = Math.max(top, bottom) <= height - edge && Math.max(left, right) <= width - edge;
    if (!inside || Math.min(top, bottom, left, right) < 0 || top + bottom + left + right > mostCopies)
      return `paddings ${marginText(margins)}`;
    const wrong = wrongShape(to, [height + top + bottom, width + left + right, channels]);
    if (wrong !== null) return wrong;
    return Math.max(to[0], to[1]) > chip.limits.plane ? `a plane of ${to[0]}x${to[1]}` : { margins, mode };
  },
};

const row = (area: Area, at: number): Area => ({
  ...area,
  shape: [1, area.shape[1], area.shape[2]],
  first: area.first + at * area.line,
});

const column = (area: Area, at: number): Area => ({
  ...area,
  shape: [area.shape[0], 1, area.shape[2]],
  first: area.first + at,
});

export const mirrorPad: OpDefinition = {
  op: 'MIRROR_PAD',
  ...formOf(
    sameCodeMaps(planeMaps).narrow(padding).check(unseen('a copy by the DPU alone')),
    ({ node, input: map, output: result, from: plane, to, margins, mode }, fresh) => {
      const nodes = [node.index];
      const [height, width, channels] = plane;
      const { top, bottom, left, right } = margins;
      const rows = copiesOf(height, top, bottom, mode);
      const columns = copiesOf(width, left, right, mode);
      const [input, output] = [wholeArea(map.index, plane), wholeArea(result.index, to)];
      const operations: Operation[] = [];
      /** The input's rows as wide as the output: rows are copied out of another memory than into, the hardware orders neither. */
      let band = columns.length > 0 ? output : input;
      if (columns.length > 0) {
        const wide: Plane = [height, width + left + right, channels];
        if (rows.length > 0) {
          const made = buffer(nodes, fresh.next(), wide);
          operations.push(made);
          band = wholeArea(made.output, wide);
        }
        operations.push(...moveArea(input, { ...band, shape: plane, first: left }, nodes, fresh));
        for (const { from, to } of columns)
          operations.push(...moveArea(column(input, from), column(band, to), nodes, fresh));
        if (rows.length === 0) return operations;
      }
      const middle: Area = { ...output, shape: band.shape, first: top * output.line };
      operations.push(...moveArea(band, middle, nodes, fresh));
      for (const { from, to } of rows) operations.push(...moveArea(row(band, from), row(output, to), nodes, fresh));
      return operations;
    },
  ),
};
