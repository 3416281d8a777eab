/** SPLIT, SPLIT_V, SLICE, STRIDED_SLICE with steps of 1: parts of a tensor, as parts of its memory where alignment allows. */
import { constantInts, elementCount, type Tensor } from '../graph/graph.js';
import { pickArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { planes, sameCodes, unseen } from './shared/common_rules.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition } from './shared/rule.js';

/** One part: which output it is, where it starts and how large it is, in all dimensions of the input. */
interface Slice {
  readonly output: number;
  readonly begin: readonly number[];
  readonly size: readonly number[];
}

type SlicesOf = (context: OpContext) => readonly Slice[] | null;

/** Slices of one axis, one behind the other. */
const along = (context: OpContext, input: Tensor | null, wanted: number | undefined, sizes: readonly number[]) => {
  const shape = input?.shape ?? [];
  if (wanted === undefined) return null;
  const axis = wanted < 0 ? wanted + shape.length : wanted;
  let at = 0;
  return context.node.outputs.map((output, i): Slice => {
    const begin = shape.map((_, dim) => (dim === axis ? at : 0));
    const length = sizes[i] ?? 0;
    at += length;
    return { output, begin, size: shape.map((full, dim) => (dim === axis ? length : full)) };
  });
};

const lengthsOf = (context: OpContext, input: Tensor | null, axis: number | undefined): readonly number[] =>
  context.node.outputs.map((output) => {
    const shape = context.graph.tensors.get(output)?.shape ?? [];
    return axis === undefined ? 0 : (shape.at(axis < 0 ? axis : axis - (input?.shape.length ?? 0)) ?? 0);
  });

const splitSlices: SlicesOf = (context) => {
  const axis = constantInts(inputOf(context, 0))?.[0];
  const input = inputOf(context, 1);
  return along(context, input, axis, lengthsOf(context, input, axis));
};

const splitVSlices: SlicesOf = (context) => {
  const axis = constantInts(inputOf(context, 2))?.[0];
  const input = inputOf(context, 0);
  if (constantInts(inputOf(context, 1)) === null) return null;
  return along(context, input, axis, lengthsOf(context, input, axis));
};

const sliceSlices: SlicesOf = (context) => {
  const [begin, size] = [constantInts(inputOf(context, 1)), constantInts(inputOf(context, 2))];
  const shape = inputOf(context, 0)?.shape ?? [];
  const output = context.node.outputs[0] ?? -1;
  if (begin?.length !== shape.length || size?.length !== shape.length) return null;
  const { pictures } = context;
  // All pictures of a batch, of which this is one.
  const isBatch = pictures !== undefined && begin[0] === 0 && (size[0] === pictures || size[0] === -1);
  if (pictures !== undefined && !isBatch) return null;
  const lengths = size.map((length, dim) => (length === -1 ? (shape[dim] ?? 0) - (begin[dim] ?? 0) : length));
  return [{ output, begin, size: isBatch ? [1, ...lengths.slice(1)] : lengths }];
};

const bit = (mask: number | undefined, position: number): boolean => (((mask ?? 0) >> position) & 1) === 1;

const stridedSlices: SlicesOf = (context) => {
  const { params, outputs } = context.node;
  const [begin, end, strides] = [1, 2, 3].map((position) => constantInts(inputOf(context, position)));
  const shape = inputOf(context, 0)?.shape ?? [];
  if (begin?.length !== shape.length || end?.length !== shape.length || strides?.some((step) => step !== 1) !== false)
    return null;
  if ((params['ellipsisMask'] ?? 0) !== 0 || (params['newAxisMask'] ?? 0) !== 0 || (params['offset'] ?? 0) !== 0)
    return null;
  const clamped = (value: number, length: number): number =>
    Math.max(0, Math.min(length, value < 0 ? value + length : value));
  const from = shape.map((length, dim) => (bit(params['beginMask'], dim) ? 0 : clamped(begin[dim] ?? 0, length)));
  const size = shape.map((length, dim) => {
    const start = from[dim] ?? 0;
    if (bit(params['shrinkAxisMask'], dim)) return 1;
    return (bit(params['endMask'], dim) ? length : clamped(end[dim] ?? 0, length)) - start;
  });
  return [{ output: outputs[0] ?? -1, begin: from, size }];
};

const lastThree = (values: readonly number[], missing: number): Plane => [
  values.at(-3) ?? missing,
  values.at(-2) ?? missing,
  values.at(-1) ?? missing,
];

const lists = ['begin', 'end', 'strides'] as const;
const masks = ['ellipsisMask', 'newAxisMask', 'offset'] as const;

/** What is wrong with operands of which no slices follow. */
const formWrong = (context: OpContext): string => {
  const { op, params, inputs } = context.node;
  if (op !== 'STRIDED_SLICE')
    return `${op} of ${inputs.length} inputs of which one is not constant, or of another length`;
  const rank = inputOf(context, 0)?.shape.length ?? 0;
  const texts = lists.map((name, i) => {
    const values = constantInts(inputOf(context, i + 1));
    return { values, text: values === null ? `${name} not constant` : `${name} ${values.join(', ')}` };
  });
  const [, , strides] = texts;
  const odd = texts.find(({ values }) => values?.length !== rank);
  if (odd !== undefined) return `${odd.text} for ${rank} dimensions`;
  if (strides?.values?.some((step) => step !== 1) === true) return strides.text;
  const mask = masks.find((name) => (params[name] ?? 0) !== 0);
  return mask === undefined ? texts.map(({ text }) => text).join('; ') : `${mask} ${params[mask] ?? 0}`;
};

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
    rules: [
      ...sameCodes(maps, planes),
      {
        name: 'slices',
        text: 'constant positions inside the input, one for each dimension, steps of 1, neither an ellipsis nor new dimensions; of a batch all pictures; channels that stay the last dimension',
        broken: (context) => {
          const input = inputOf(context, source);
          const slices = of(context);
          if (slices === null) return formWrong(context);
          for (const { output, begin, size } of slices) {
            const shape = context.graph.tensors.get(output)?.shape ?? [];
            const inside = size.every(
              (length, dim) =>
                length > 0 && (begin[dim] ?? 0) >= 0 && (begin[dim] ?? 0) + length <= (input?.shape[dim] ?? 0),
            );
            if (
              !inside ||
              size.length === 0 ||
              elementCount(size) !== elementCount(shape) ||
              size.at(-1) !== shape.at(-1)
            )
              return `a slice ${shapeText(size)} at ${shapeText(begin)} of ${shapeText(input?.shape ?? [])}`;
          }
          return null;
        },
      },
      unseen('a copy by the DPU alone'),
    ],
    lower: (context) => {
      const input = inputOf(context, source);
      const nodes = [context.node.index];
      const spare = new Spare(context.spare);
      const plane = planeOf(input);
      return (of(context) ?? []).flatMap(({ output, begin, size }) => {
        const [row, column, channel] = lastThree(begin, 0);
        const shape = lastThree(size, 1);
        const from = { ...wholeArea(input?.index ?? -1, plane), shape, channel, first: row * plane[1] + column };
        const target = wholeArea(output, planeOf(context.graph.tensors.get(output) ?? null));
        return pickArea(from, { ...target, shape, line: shape[1] }, nodes, spare);
      });
    },
  };
};

export const split = slicesOf('SPLIT', 1, splitSlices);
export const splitV = slicesOf('SPLIT_V', 0, splitVSlices);
export const slice = slicesOf('SLICE', 0, sliceSlices);
export const stridedSlice = slicesOf('STRIDED_SLICE', 0, stridedSlices, {
  keepsBatch: ({ node }) => !bit(node.params['shrinkAxisMask'], 0),
});
