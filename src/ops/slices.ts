/** SPLIT, SPLIT_V, SLICE, STRIDED_SLICE with steps of 1: parts of a tensor, as parts of its memory where alignment allows. */
import { constantInts, elementCount, type Tensor } from '../graph/graph.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { pickArea, type Plane, wholeArea } from '../ir/build/arrange.js';
import { planes, sameCodes, unseen } from './shared/common_rules.js';
import { anyNode, formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

/** One part: which output it is, where it starts and how large it is, in all dimensions of the input. */
interface Slice {
  readonly output: Tensor;
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

/** Options with which no slices follow. */
const masks = ['ellipsisMask', 'newAxisMask', 'offset'] as const;

type SlicesOf = (context: OpContext) => readonly Slice[] | null;

const outputsOf = ({ graph, node }: OpContext): readonly Tensor[] | null => {
  const outputs = node.outputs.flatMap((output) => graph.tensors.get(output) ?? []);
  return outputs.length === node.outputs.length ? outputs : null;
};

/** Contiguous slices along one axis, each as long as its output. */
const along = (context: OpContext, input: Tensor | null, wanted: number | undefined): readonly Slice[] | null => {
  const outputs = outputsOf(context);
  if (input === null || outputs === null || wanted === undefined) return null;
  const { shape } = input;
  const axis = wanted < 0 ? wanted + shape.length : wanted;
  let at = 0;
  const slices: Slice[] = [];
  for (const output of outputs) {
    // Outputs of fewer dimensions are those of the last ones.
    const length = output.shape.at(axis - shape.length);
    if (length === undefined) return null;
    const start = at;
    const begin = shape.map((_, dim) => (dim === axis ? start : 0));
    slices.push({ output, begin, size: shape.map((full, dim) => (dim === axis ? length : full)) });
    at += length;
  }
  return slices;
};

const splitSlices: SlicesOf = (context) => along(context, inputOf(context, 1), constantInts(inputOf(context, 0))?.[0]);

const splitVSlices: SlicesOf = (context) =>
  constantInts(inputOf(context, 1)) === null
    ? null
    : along(context, inputOf(context, 0), constantInts(inputOf(context, 2))?.[0]);

const sliceSlices: SlicesOf = (context) => {
  const [begin, size] = [constantInts(inputOf(context, 1)), constantInts(inputOf(context, 2))];
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  if (input === null || output === null) return null;
  const { shape } = input;
  if (begin?.length !== shape.length || size?.length !== shape.length) return null;
  const { samples } = context;
  // All samples of a batch, of which this is one.
  const isBatch = samples !== undefined && begin[0] === 0 && (size[0] === samples || size[0] === -1);
  if (samples !== undefined && !isBatch) return null;
  const lengths = shape.map((length, dim) => {
    const [from, count] = [begin[dim], size[dim]];
    return from === undefined || count === undefined || count === -1 ? length - (from ?? length) : count;
  });
  return [{ output, begin, size: isBatch ? [1, ...lengths.slice(1)] : lengths }];
};

const bit = (mask: number, position: number): boolean => ((mask >> position) & 1) === 1;

const stridedSlices: SlicesOf = (context) => {
  const { node } = context;
  const [begin, end, strides] = [1, 2, 3].map((position) => constantInts(inputOf(context, position)));
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  if (input === null || output === null || strides?.some((step) => step !== 1) !== false) return null;
  const { shape } = input;
  if (begin?.length !== shape.length || end?.length !== shape.length) return null;
  if (masks.some((name) => optionOf(node, name) !== 0)) return null;
  const has = (mask: 'beginMask' | 'endMask' | 'shrinkAxisMask', dim: number): boolean =>
    bit(optionOf(node, mask), dim);
  const clamped = (value: number | undefined, length: number): number =>
    value === undefined ? length : Math.max(0, Math.min(length, value < 0 ? value + length : value));
  const from = shape.map((length, dim) => (has('beginMask', dim) ? 0 : clamped(begin[dim], length)));
  const size = from.map((start, dim) => {
    const length = shape[dim];
    if (has('shrinkAxisMask', dim) || length === undefined) return 1;
    return (has('endMask', dim) ? length : clamped(end[dim], length)) - start;
  });
  return [{ output, begin: from, size }];
};

const lastThree = (values: readonly number[], missing: number): Plane => [
  values.at(-3) ?? missing,
  values.at(-2) ?? missing,
  values.at(-1) ?? missing,
];

const lists = ['begin', 'end', 'strides'] as const;

/** What is wrong with operands of which no slices follow. */
const formWrong = (context: OpContext): string => {
  const { node } = context;
  const input = inputOf(context, 0);
  if (node.op !== 'STRIDED_SLICE' || input === null)
    return `${node.op} of ${node.inputs.length} inputs of which one is not constant, or of another length`;
  const rank = input.shape.length;
  const texts = lists.map((name, i) => {
    const values = constantInts(inputOf(context, i + 1));
    return { values, text: values === null ? `${name} not constant` : `${name} ${values.join(', ')}` };
  });
  const [, , strides] = texts;
  const odd = texts.find(({ values }) => values?.length !== rank);
  if (odd !== undefined) return `${odd.text} for ${rank} dimensions`;
  if (strides?.values?.some((step) => step !== 1) === true) return strides.text;
  const mask = masks.find((name) => optionOf(node, name) !== 0);
  return mask === undefined ? texts.map(({ text }) => text).join('; ') : `${mask} ${optionOf(node, mask)}`;
};

interface Sliced {
  readonly input: Tensor;
  readonly slices: readonly Slice[];
}

const inRange = ({ shape }: Tensor, { begin, size }: Slice): boolean =>
  size.length > 0 &&
  shape.every((length, dim) => {
    const [from, count] = [begin[dim], size[dim]];
    return from !== undefined && count !== undefined && count > 0 && from >= 0 && from + count <= length;
  });

/** @param source the input that is sliced */
const slicesRule = (source: number, of: SlicesOf): Narrowing<OpContext, Sliced> => ({
  name: 'slices',
  text: 'constant positions inside the input, one for each dimension, steps of 1, neither an ellipsis nor new dimensions; of a batch all samples; channels that stay the last dimension',
  narrow: (context) => {
    const [input, slices] = [inputOf(context, source), of(context)];
    if (slices === null || input === null) return formWrong(context);
    for (const slice of slices) {
      const { begin, size } = slice;
      const { shape } = slice.output;
      if (!inRange(input, slice) || elementCount(size) !== elementCount(shape) || size.at(-1) !== shape.at(-1))
        return `a slice ${shapeText(size)} at ${shapeText(begin)} of ${shapeText(input.shape)}`;
    }
    return { input, slices };
  },
});

const slicesOf = (
  op: string,
  source: number,
  of: SlicesOf,
  more: Pick<OpDefinition, 'keepsBatch'> = {},
): OpDefinition => {
  const maps = (context: OpContext): readonly (Tensor | null)[] => [
    inputOf(context, source),
    ...context.node.outputs.map((output) => context.graph.tensors.get(output) ?? null),
  ];
  return {
    op,
    ...more,
    ...formOf(
      anyNode
        .check(...sameCodes(maps, planes))
        .narrow(slicesRule(source, of))
        .check(unseen('a copy by the DPU alone')),
      ({ chip, node, input, slices }, fresh) => {
        const plane = planeOf(input);
        return slices.flatMap(({ output, begin, size }) => {
          const [row, column, channel] = lastThree(begin, 0);
          const shape = lastThree(size, 1);
          const from = { ...wholeArea(input.index, plane), shape, channel, first: row * plane[1] + column };
          const target = { ...wholeArea(output.index, planeOf(output)), shape, line: shape[1] };
          return pickArea(chip, from, target, [node.index], fresh);
        });
      },
    ),
  };
};

export const split = slicesOf('SPLIT', 1, splitSlices);
export const splitV = slicesOf('SPLIT_V', 0, splitVSlices);
export const slice = slicesOf('SLICE', 0, sliceSlices);
export const stridedSlice = slicesOf('STRIDED_SLICE', 0, stridedSlices, {
  keepsBatch: ({ node }) => !bit(optionOf(node, 'shrinkAxisMask'), 0),
});
