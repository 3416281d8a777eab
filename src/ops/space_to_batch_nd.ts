/**
 * SPACE_TO_BATCH_ND over height and width: a strided copy for each sample that it makes, with the padding of a convolution.
 * In front of a convolution it may be no task at all (`rewrite/dilated_convolution.ts`).
 */
import type { Chip } from '../hardware/chips.js';
import { areaTensor, sampleArea, type FreshIds } from '../ir/build/arrange.js';
import { unseen } from './shared/common_rules.js';
import { placedCopy } from '../ir/build/copy.js';
import type { MoveOperation, Operation } from '../ir/operation.js';
import { formOf, type Known } from './shared/match.js';
import { blocksRule, fewSamples, movedMaps, type Pair } from './shared/sample_blocks.js';
import { shapeText } from '../graph/tensor.js';
import { type OpDefinition, wrongShape } from './shared/rule.js';

/** The pixels of one axis that one place in a block takes. */
interface Lane {
  /** The first one that is read, and how many there are from there on. */
  readonly first: number;
  readonly length: number;
  /** Padding before it. */
  readonly pad: number;
  readonly stride: number;
}

const laneOf = (place: number, block: number, before: number, length: number, outputs: number): Lane => {
  const first = Math.max(0, place - before);
  const pad = Math.max(0, before - place);
  const last = (outputs - 1) * block - pad;
  return {
    first,
    pad,
    length: Math.max(1, Math.min(length - first, last + 1)),
    stride: outputs === 1 ? 1 : block,
  };
};

/** A sample for each place in a block and each sample of the input, in the order of the output's. */
const places = ([rows, columns]: Pair, samples: number) =>
  Array.from({ length: rows * columns * samples }, (_, i) => ({
    row: Math.floor(i / (columns * samples)),
    column: Math.floor(i / samples) % columns,
    sample: i % samples,
  }));

const largestBlock = ({ limits }: Chip): number => limits.stride;

const padText = ({ limits }: Chip): string => `paddings of at most ${limits.pad} pixels on a side`;

const matcher = movedMaps
  .check(fewSamples('to'))
  .narrow(
    blocksRule(largestBlock, padText, ({ chip: { limits }, from, to }, { block, before, after }) => {
      const [samples, height, width, channels] = from;
      if ([...before, ...after].some((pad) => pad > limits.pad))
        return `paddings ${before.join(', ')}, ${after.join(', ')}`;
      const wrong = wrongShape(to, [
        samples * block[0] * block[1],
        (before[0] + height + after[0]) / block[0],
        (before[1] + width + after[1]) / block[1],
        channels,
      ]);
      if (wrong !== null) return wrong;
      if (Math.max(height, width) > limits.plane) return `a plane of ${height}x${width}`;
      // A sample of nothing but padding would be copied from nowhere.
      return block[0] - before[0] > height || block[1] - before[1] > width
        ? `a place in blocks of ${shapeText(block)} without a pixel of ${height}x${width}`
        : null;
    }),
  )
  .check(unseen('a convolution without a requantization'));

const copies = (known: Known<typeof matcher>, fresh: FreshIds): readonly Operation[] => {
  const { node, input, output, outputQuantization, block, before } = known;
  const nodes = [node.index];
  return places(block, known.from[0]).flatMap(({ row, column, sample }, i): readonly Operation[] => {
    const [from, to] = [sampleArea(input, sample), sampleArea(output, i)];
    const [inputHeight, inputWidth, channels] = from.shape;
    const [outputHeight, outputWidth] = to.shape;
    const y = laneOf(row, block[0], before[0], inputHeight, outputHeight);
    const x = laneOf(column, block[1], before[1], inputWidth, outputWidth);
    const shape = [y.length, x.length, channels] as const;
    const source = areaTensor({ ...from, shape, first: from.first + y.first * from.line + x.first }, nodes, fresh);
    const target = areaTensor(to, nodes, fresh);
    const move: MoveOperation = { kind: 'move', nodes, input: source.tensor, output: target.tensor };
    const [strides, pads] = [
      { strideY: y.stride, strideX: x.stride },
      { padTop: y.pad, padLeft: x.pad },
    ];
    const places = { outputHeight, outputWidth, ...strides, ...pads };
    const copy = placedCopy(move, shape, places, outputQuantization.zeroPoint);
    return [...source.views, ...target.views, copy];
  });
};

export const spaceToBatchNd: OpDefinition = { op: 'SPACE_TO_BATCH_ND', ...formOf(matcher, copies) };
