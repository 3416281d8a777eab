/** PACK and UNPACK: parts that stand one behind the other, or take turns, along a new dimension before the channels. */
import { elementCount } from '../graph/graph.js';
import { type Area, buffer, moveArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { allInputs, type FeatureMaps, rows, sameCodes, unseen } from './shared/common_rules.js';
import { permuted, permuteFact } from './host_permute.js';
import type { Operation } from '../ir/operation.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { type HostDefinition, inputOf, type OpContext, type OpDefinition } from './shared/rule.js';

/** More parts than this take more tasks than the node is worth. */
const mostParts = 64;

/** Tensor indices of the parts, and of the tensor that holds all of them. */
interface Stack {
  readonly whole: number;
  readonly parts: readonly number[];
}

type StackOf = (context: OpContext) => Stack;

const shapeOf = ({ graph }: OpContext, tensor: number): readonly number[] => graph.tensors.get(tensor)?.shape ?? [];

const axisOf = (context: OpContext, { whole }: Stack): number => {
  const axis = context.node.params['axis'] ?? 0;
  return axis < 0 ? axis + shapeOf(context, whole).length : axis;
};

/**
 * Where part `number` stands in the whole: rows one behind the other with one distance between them.
 * @returns null where that is not so: parts of several rows that take turns, or channels that would become pixels
 */
const placeOf = (context: OpContext, stack: Stack, number: number): Area | null => {
  const shape = shapeOf(context, stack.whole);
  const axis = axisOf(context, stack);
  const [count, pixelAxis] = [shape[axis] ?? 0, shape.length - 2];
  const whole = wholeArea(stack.whole, planeOf(context.graph.tensors.get(stack.whole) ?? null));
  const [, width, channels] = whole.plane;
  const before = elementCount(shape.slice(0, axis));
  if (axis < 0 || axis > pixelAxis) return null;
  if (axis === pixelAxis) return { ...whole, shape: [before, 1, channels], first: number, line: count };
  const behind = elementCount(shape.slice(axis + 1, pixelAxis));
  const first = number * behind * width;
  if (before === 1) return { ...whole, shape: [behind, width, channels], first };
  return behind === 1 ? { ...whole, shape: [before, width, channels], first, line: count * width } : null;
};

/** The parts one behind the other, as a tensor of its own: `count` times the rows of one part. */
const stacked = (context: OpContext, stack: Stack, spare: Spare, way: 'gather' | 'scatter') => {
  const nodes = [context.node.index];
  const [height, width, channels] = planeOf(context.graph.tensors.get(stack.parts[0] ?? -1) ?? null);
  const plane: Plane = [height * stack.parts.length, width, channels];
  const all = buffer(nodes, spare.next(), plane);
  const moves = stack.parts.flatMap((part, number) => {
    const own = wholeArea(part, [height, width, channels]);
    const place = { ...wholeArea(all.output, plane), shape: own.shape, first: number * height * width };
    return way === 'gather' ? moveArea(own, place, nodes, spare) : moveArea(place, own, nodes, spare);
  });
  return { all, moves };
};

/** Along the last dimension pixels become channels, or channels pixels: one permutation of all parts. */
const hostOf = (of: StackOf, maps: FeatureMaps, way: 'gather' | 'scatter'): HostDefinition => ({
  fact: permuteFact,
  rules: [
    ...sameCodes(maps, rows),
    {
      name: 'axis',
      text: `at most ${mostParts} parts along the last dimension`,
      broken: (context) => {
        const stack = of(context);
        const shape = shapeOf(context, stack.whole);
        const count = stack.parts.length;
        const last = axisOf(context, stack) === shape.length - 1 && shape.at(-1) === count && count <= mostParts;
        const wanted = shapeText(shape.slice(0, -1));
        return last && stack.parts.every((part) => shapeText(shapeOf(context, part)) === wanted)
          ? null
          : `axis ${context.node.params['axis'] ?? 0} of ${shapeText(shape)}`;
      },
    },
  ],
  lower: (context) => {
    const stack = of(context);
    const count = stack.parts.length;
    const each = elementCount(shapeOf(context, stack.whole)) / count;
    const { all, moves } = stacked(context, stack, new Spare(context.spare), way);
    const [input, output] = way === 'gather' ? [all.output, stack.whole] : [stack.whole, all.output];
    const shape = way === 'gather' ? [count, each] : [each, count];
    const permutation = permuted(context, input, output, { kind: 'permute', shape, order: [1, 0] });
    return way === 'gather' ? [all, ...moves, permutation] : [all, permutation, ...moves];
  },
});

const stackOp = (op: string, of: StackOf, maps: FeatureMaps, way: 'gather' | 'scatter'): OpDefinition => ({
  op,
  rules: [
    ...sameCodes(maps, rows),
    {
      name: 'axis',
      text: `at most ${mostParts} parts along a dimension that is not the last, with dimensions of 1 before it, or between it and the last two`,
      broken: (context) => {
        const stack = of(context);
        const shape = shapeOf(context, stack.whole);
        const axis = axisOf(context, stack);
        if (stack.parts.length > mostParts) return `${stack.parts.length} parts`;
        const wanted = shapeText(shape.filter((_, dim) => dim !== axis));
        const fits = stack.parts.every((part) => shapeText(shapeOf(context, part)) === wanted);
        return fits && shape[axis] === stack.parts.length && placeOf(context, stack, 0) !== null
          ? null
          : `axis ${context.node.params['axis'] ?? 0} of ${shapeText(shape)}`;
      },
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const stack = of(context);
    const nodes = [context.node.index];
    const spare = new Spare(context.spare);
    return stack.parts.flatMap((part, number): readonly Operation[] => {
      const place = placeOf(context, stack, number);
      if (place === null) throw new Error(`${op} #${context.node.index}: lowered against its rules`);
      const own = wholeArea(part, planeOf(context.graph.tensors.get(part) ?? null));
      const alone: Area = { ...own, shape: place.shape, line: place.shape[1] };
      return way === 'gather' ? moveArea(alone, place, nodes, spare) : moveArea(place, alone, nodes, spare);
    });
  },
  host: hostOf(of, maps, way),
});

export const pack = stackOp(
  'PACK',
  ({ node }) => ({ whole: node.outputs[0] ?? -1, parts: node.inputs }),
  allInputs,
  'gather',
);

export const unpack = stackOp(
  'UNPACK',
  ({ node }) => ({ whole: node.inputs[0] ?? -1, parts: node.outputs }),
  (context) => [
    inputOf(context, 0),
    ...context.node.outputs.map((output) => context.graph.tensors.get(output) ?? null),
  ],
  'scatter',
);
