/** PACK and UNPACK: parts that are contiguous, or take turns, along a new dimension before the channels. */
import { elementCount, type Tensor } from '../graph/graph.js';
import { type ByteTensor, isByteTensor, type PerTensor, perTensorOf, planeOf, shapeText } from '../graph/tensor.js';
import { type Area, buffer, moveArea, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { permuted, permuteFact } from './host_permute.js';
import { allInputs, type FeatureMaps, rows, sameCodes, unseen } from './shared/common_rules.js';
import { anyNode, formOf, type Matcher, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { type HostDefinition, inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

/** More parts than this take more tasks than the node is worth. */
const mostParts = 64;

/** The tensor that holds all, its parts, and the axis along which they stand, counted from the front. */
interface Stack {
  readonly whole: ByteTensor;
  readonly quantization: PerTensor;
  readonly parts: readonly [Tensor, ...(readonly Tensor[])];
  readonly axis: number;
}

type Way = 'gather' | 'scatter';

interface Stacking {
  readonly op: string;
  readonly way: Way;
  readonly maps: FeatureMaps;
  /** The whole, and the parts in their order. */
  readonly tensorsOf: (context: OpContext) => readonly [Tensor | null, readonly (Tensor | null)[]];
}

const stackOf = (context: OpContext, { tensorsOf }: Stacking): Stack | null => {
  const [whole, all] = tensorsOf(context);
  const [first, ...others] = all.flatMap((tensor) => tensor ?? []);
  const quantization = whole === null ? null : perTensorOf(whole);
  if (!isByteTensor(whole) || quantization === null || first === undefined || others.length + 1 < all.length)
    return null;
  const axis = optionOf(context.node, 'axis');
  return { whole, quantization, parts: [first, ...others], axis: axis < 0 ? axis + whole.shape.length : axis };
};

/** Where the first part stands in the whole, and how far behind each other the parts begin. */
interface Places {
  readonly first: Area;
  readonly step: number;
}

/**
 * Where the parts stand in the whole: rows with one distance from each to the next.
 * @returns null where that is not so: parts of several rows that take turns, or channels that would become pixels
 */
const placesOf = ({ whole: { index, shape }, axis }: Stack): Places | null => {
  const [count, pixelAxis] = [shape[axis], shape.length - 2];
  const whole = wholeArea(index, planeOf({ shape }));
  const [, width, channels] = whole.plane;
  if (count === undefined || axis < 0 || axis > pixelAxis) return null;
  const before = elementCount(shape.slice(0, axis));
  if (axis === pixelAxis) return { first: { ...whole, shape: [before, 1, channels], line: count }, step: 1 };
  const behind = elementCount(shape.slice(axis + 1, pixelAxis));
  const step = behind * width;
  if (before === 1) return { first: { ...whole, shape: [behind, width, channels] }, step };
  return behind === 1 ? { first: { ...whole, shape: [before, width, channels], line: count * width }, step } : null;
};

/** The parts in order, as a tensor of its own: `count` times the rows of one part. */
const stacked = ({ parts }: Stack, nodes: readonly number[], way: Way, fresh: FreshIds) => {
  const [height, width, channels] = planeOf(parts[0]);
  const plane: Plane = [height * parts.length, width, channels];
  const all = buffer(nodes, fresh.next(), plane);
  const moves = parts.flatMap((part, number) => {
    const own = wholeArea(part.index, [height, width, channels]);
    const place = { ...wholeArea(all.output, plane), shape: own.shape, first: number * height * width };
    return way === 'gather' ? moveArea(own, place, nodes, fresh) : moveArea(place, own, nodes, fresh);
  });
  return { all, moves };
};

const axisText = ({ node }: OpContext, whole: Tensor | null): string =>
  `axis ${optionOf(node, 'axis')} of ${whole === null ? 'no tensor' : shapeText(whole.shape)}`;

/** Whether all parts have the shape of the whole without its axis, and are as many as that is long. */
const isSplit = ({ whole: { shape }, parts, axis }: Stack): boolean => {
  const wanted = shapeText(shape.filter((_, dim) => dim !== axis));
  return shape[axis] === parts.length && parts.every((part) => shapeText(part.shape) === wanted);
};

const lastAxis = (stacking: Stacking): Narrowing<OpContext, { readonly stack: Stack }> => ({
  name: 'axis',
  text: `at most ${mostParts} parts along the last dimension`,
  narrow: (context) => {
    const stack = stackOf(context, stacking);
    const isLast = stack !== null && stack.axis === stack.whole.shape.length - 1 && isSplit(stack);
    return isLast && stack.parts.length <= mostParts ? { stack } : axisText(context, stacking.tensorsOf(context)[0]);
  },
});

const otherAxis = (stacking: Stacking): Narrowing<OpContext, { readonly stack: Stack; readonly places: Places }> => ({
  name: 'axis',
  text: `at most ${mostParts} parts along a dimension that is not the last, with dimensions of 1 before it, or between it and the last two`,
  narrow: (context) => {
    const stack = stackOf(context, stacking);
    if (stack !== null && stack.parts.length > mostParts) return `${stack.parts.length} parts`;
    const places = stack !== null && isSplit(stack) ? placesOf(stack) : null;
    return stack === null || places === null ? axisText(context, stacking.tensorsOf(context)[0]) : { stack, places };
  },
});

const moved = ({ maps }: Stacking): Matcher<OpContext> => anyNode.check(...sameCodes(maps, rows));

/** Along the last dimension pixels become channels, or channels pixels: one permutation of all parts. */
const hostOf = (stacking: Stacking): HostDefinition => ({
  fact: permuteFact,
  ...formOf(moved(stacking).narrow(lastAxis(stacking)), ({ node, stack }, fresh) => {
    const { way } = stacking;
    const { whole, quantization, parts } = stack;
    const map = { type: whole.type, zeroPoint: quantization.zeroPoint };
    const nodes = [node.index];
    const [count, each] = [parts.length, elementCount(whole.shape) / parts.length];
    const { all, moves } = stacked(stack, nodes, way, fresh);
    const [input, output] = way === 'gather' ? [all.output, whole.index] : [whole.index, all.output];
    const shape = way === 'gather' ? [count, each] : [each, count];
    const permutation = permuted(nodes, map, input, output, { kind: 'permute', shape, order: [1, 0] });
    return way === 'gather' ? [all, ...moves, permutation] : [all, permutation, ...moves];
  }),
});

const stackOp = (stacking: Stacking): OpDefinition => ({
  op: stacking.op,
  ...formOf(
    moved(stacking).narrow(otherAxis(stacking)).check(unseen('a copy by the DPU alone')),
    ({ node, stack: { parts }, places: { first, step } }, fresh) =>
      parts.flatMap((part, number) => {
        const place: Area = { ...first, first: number * step };
        const alone: Area = { ...wholeArea(part.index, planeOf(part)), shape: first.shape, line: first.shape[1] };
        const nodes = [node.index];
        return stacking.way === 'gather' ? moveArea(alone, place, nodes, fresh) : moveArea(place, alone, nodes, fresh);
      }),
  ),
  host: hostOf(stacking),
});

const inputsOf = (context: OpContext) => context.node.inputs.map((_, position) => inputOf(context, position));

const outputsOf = ({ graph, node }: OpContext) => node.outputs.map((output) => graph.tensors.get(output) ?? null);

export const pack = stackOp({
  op: 'PACK',
  way: 'gather',
  maps: allInputs,
  tensorsOf: (context) => [outputOf(context), inputsOf(context)],
});

export const unpack = stackOp({
  op: 'UNPACK',
  way: 'scatter',
  maps: (context) => [inputOf(context, 0), ...outputsOf(context)],
  tensorsOf: (context) => [inputOf(context, 0), outputsOf(context)],
});
