/**
 * MIRROR_PAD of height and width: each column of the border is a copy of a column of the input, each row one of the rows
 * that are as wide as the output by then.
 */
import { limits } from '../hardware/limits.js';
import { type Area, buffer, moveArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { maps, planes, sameCodes, unseen } from './shared/common_rules.js';
import type { Operation } from '../ir/operation.js';
import { spatialPadding } from './pad.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, wrongShape } from './shared/rule.js';

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

const wrongOf = (context: OpContext): string | null => {
  const mode = context.node.params['mode'] ?? 0;
  const amounts = spatialPadding(context);
  if (mode !== modes.reflect && mode !== modes.symmetric) return `mode ${mode}`;
  if (amounts === null) return 'paddings that are not constant, or of another dimension';
  const [top, bottom, left, right] = amounts;
  const [height, width, channels] = planeOf(inputOf(context, 0));
  const edge = mode === modes.symmetric ? 0 : 1;
  const inside = Math.max(top, bottom) <= height - edge && Math.max(left, right) <= width - edge;
  const copies = top + bottom + left + right;
  if (!inside || Math.min(...amounts) < 0 || copies > mostCopies) return `paddings ${amounts.join(', ')}`;
  const is = planeOf(outputOf(context));
  const wrong = wrongShape(is, [height + top + bottom, width + left + right, channels]);
  if (wrong !== null) return wrong;
  return Math.max(is[0], is[1]) > limits.plane ? `a plane of ${is[0]}x${is[1]}` : null;
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
  rules: [
    ...sameCodes(maps(0), planes),
    {
      name: 'padding',
      text: `constant paddings of height and width alone, no larger than the input and at most ${mostCopies} rows and columns; planes to ${limits.plane}`,
      broken: wrongOf,
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const { node } = context;
    const nodes = [node.index];
    const spare = new Spare(context.spare);
    const plane = planeOf(inputOf(context, 0));
    const [height, width, channels] = plane;
    const [top, bottom, left, right] = spatialPadding(context) ?? [0, 0, 0, 0];
    const mode = node.params['mode'] ?? 0;
    const rows = copiesOf(height, top, bottom, mode);
    const columns = copiesOf(width, left, right, mode);
    const input = wholeArea(node.inputs[0] ?? -1, plane);
    const output = wholeArea(node.outputs[0] ?? -1, planeOf(outputOf(context)));
    const operations: Operation[] = [];
    /** The input's rows as wide as the output: rows are copied out of another memory than into, the hardware orders neither. */
    let band = columns.length > 0 ? output : input;
    if (columns.length > 0) {
      const wide: Plane = [height, width + left + right, channels];
      if (rows.length > 0) {
        const made = buffer(nodes, spare.next(), wide);
        operations.push(made);
        band = wholeArea(made.output, wide);
      }
      operations.push(...moveArea(input, { ...band, shape: plane, first: left }, nodes, spare));
      for (const { from, to } of columns)
        operations.push(...moveArea(column(input, from), column(band, to), nodes, spare));
      if (rows.length === 0) return operations;
    }
    const middle: Area = { ...output, shape: band.shape, first: top * output.line };
    operations.push(...moveArea(band, middle, nodes, spare));
    for (const { from, to } of rows) operations.push(...moveArea(row(band, from), row(output, to), nodes, spare));
    return operations;
  },
};
