/**
 * TRANSPOSE. Between NCHW and NHWC at the border of the graph the host reads or writes the bytes in the other order. Where
 * only dimensions of 1 move it is a RESHAPE. Where pixels move and their channels stay, rows of pixels are moved one by
 * one. What else it makes stays as it is if all that reads it can be told other axes (rewrite/rename.ts), or if it shuffles
 * channels between two RESHAPEs (shuffle.ts).
 */
import { constantInts } from '../graph/graph.js';
import { type Area, moveArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { borderSide } from './shared/border.js';
import { maps, rows, sameCodes } from './shared/common_rules.js';
import { permuteRank } from '../wire/host_tables.js';
import { permuteHost } from './host_permute.js';
import type { Operation, PermuteKernel } from '../ir/operation.js';
import { mostMoves, reshaped } from './reshape.js';
import { shuffleOf } from './shuffle.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpContext, ruledOp, outputOf, wrongShape } from './shared/rule.js';

const orders = { input: [0, 2, 3, 1], output: [0, 3, 1, 2] } as const;

const orderOf = (context: OpContext): readonly number[] => constantInts(inputOf(context, 1)) ?? [];

const sideOf = (context: OpContext): 'input' | 'output' | null => {
  const order = orderOf(context);
  const side = borderSide(context);
  const isOrder = side !== null && order.length === 4 && orders[side].every((axis, i) => axis === order[i]);
  return isOrder && inputOf(context, 0)?.shape[0] === 1 ? side : null;
};

/** A form that costs less than other names for axes: the host's work, or one of three nodes that become one. */
export const hasOwnForm = (context: OpContext): boolean =>
  sideOf(context) !== null || shuffleOf(context.chip, context.graph, context.node) !== null;

/** Dimensions longer than 1 that stay neighbours are one block; in the order of the output, the input's numbers of blocks. */
interface Blocks {
  readonly sizes: readonly number[];
  readonly order: readonly number[];
}

const blocksOf = (shape: readonly number[], order: readonly number[]): Blocks => {
  const moved = order.filter((axis) => shape[axis] !== 1);
  const rank = new Map([...moved].sort((a, b) => a - b).map((axis, i) => [axis, i]));
  const blocks: { readonly start: number; readonly size: number }[] = [];
  let before = -2;
  for (const axis of moved) {
    const [position, size] = [rank.get(axis) ?? 0, shape[axis] ?? 1];
    const last = position === before + 1 ? blocks.pop() : undefined;
    blocks.push(last === undefined ? { start: position, size } : { ...last, size: last.size * size });
    before = position;
  }
  const sorted = [...blocks].sort((a, b) => a.start - b.start);
  return { sizes: sorted.map(({ size }) => size), order: blocks.map((block) => sorted.indexOf(block)) };
};

/** `count` times: `rows` by `columns` pieces of `run` pixels change places. */
interface Swap {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly run: number;
}

const swaps: Readonly<Record<string, (sizes: readonly number[]) => readonly number[]>> = {
  '1,0': ([rows = 1, columns = 1]) => [1, rows, columns, 1],
  '1,0,2': ([rows = 1, columns = 1, run = 1]) => [1, rows, columns, run],
  '0,2,1': ([count = 1, rows = 1, columns = 1]) => [count, rows, columns, 1],
  '0,2,1,3': ([count = 1, rows = 1, columns = 1, run = 1]) => [count, rows, columns, run],
};

/** @returns null where channels move, or more than two blocks of pixels */
const swapOf = (context: OpContext): Swap | null => {
  const [shape, order] = [inputOf(context, 0)?.shape ?? [], orderOf(context)];
  if (order.at(-1) !== shape.length - 1) return null;
  const { sizes, order: blocks } = blocksOf(shape.slice(0, -1), order.slice(0, -1));
  const [count = 1, rows = 1, columns = 1, run = 1] = swaps[blocks.join()]?.(sizes) ?? [];
  return blocks.join() in swaps ? { count, rows, columns, run } : null;
};

const swapped = (context: OpContext, { count, rows: height, columns: width, run }: Swap): readonly Operation[] => {
  const { node } = context;
  const spare = new Spare(context.spare);
  const from = wholeArea(node.inputs[0] ?? -1, planeOf(inputOf(context, 0)));
  const to = wholeArea(node.outputs[0] ?? -1, planeOf(outputOf(context)));
  const channels = from.plane[2];
  const piece = (area: Area, first: number, length: number, line: number): Area => {
    const shape: Plane = [length, run, channels];
    return { ...area, shape, first: first * run, line: line * run };
  };
  return Array.from({ length: count }, (_, picture) => {
    const start = picture * height * width;
    // The shorter side counts the moves.
    if (width <= height)
      return Array.from({ length: width }, (_, x) =>
        moveArea(piece(from, start + x, height, width), piece(to, start + x * height, height, 1), [node.index], spare),
      ).flat();
    return Array.from({ length: height }, (_, y) =>
      moveArea(piece(from, start + y * width, width, 1), piece(to, start + y, width, height), [node.index], spare),
    ).flat();
  }).flat();
};

const operationsOf = (context: OpContext): readonly Operation[] | null => {
  const { node } = context;
  const side = sideOf(context);
  const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
  if (shuffleOf(context.chip, context.graph, node) !== null) return [];
  if (side !== null) return [{ kind: 'border', nodes: [node.index], input, output, side, layout: 'nchw' }];
  if (blocksOf(inputOf(context, 0)?.shape ?? [], orderOf(context)).sizes.length <= 1) return reshaped(context);
  const swap = swapOf(context);
  if (swap === null || swap.count * Math.min(swap.rows, swap.columns) > mostMoves) return null;
  return swapped(context, swap);
};

/** @returns null for an order that is no permutation of the input's dimensions */
const kernelOf = (context: OpContext): PermuteKernel | null => {
  const [shape, order] = [inputOf(context, 0)?.shape ?? [], orderOf(context)];
  const isOrder = order.length === shape.length && shape.every((_, axis) => order.includes(axis));
  return isOrder && shape.length <= permuteRank ? { kind: 'permute', shape, order } : null;
};

export const transpose = ruledOp({
  op: 'TRANSPOSE',
  rules: [
    ...sameCodes(maps(0), rows),
    {
      name: 'order',
      text: `a constant order: from NCHW where it alone takes an input of the graph, or to NCHW where it makes an output; any where all that reads the result reduces or reshapes it, takes each value by itself or brings it back; dimensions of 1 alone that move, as a RESHAPE; two dimensions of pixels that change places in at most ${mostMoves} moves; channels that are reordered between two RESHAPEs`,
      broken: (context) => {
        const order = constantInts(inputOf(context, 1));
        const rank = inputOf(context, 0)?.shape.length ?? 0;
        const isOrder = order?.length === rank && order.every((axis) => axis >= 0 && axis < rank);
        if (!isOrder || new Set(order).size !== rank) return `order ${order?.join(', ') ?? 'not constant'}`;
        const shape = inputOf(context, 0)?.shape ?? [];
        const wrong = wrongShape(
          outputOf(context)?.shape ?? [],
          order.map((axis) => shape[axis] ?? 1),
        );
        if (wrong !== null) return wrong;
        return operationsOf(context) === null ? `order ${order.join(', ')}` : null;
      },
    },
    {
      name: 'trust',
      text: 'with trust=seen: at the border of the graph alone, transposes by the DPU were not shown by a board or a shipped compiler',
      broken: (context) => (context.trust === 'seen' && sideOf(context) === null ? 'a transpose by the DPU' : null),
    },
  ],
  lower: (context) => operationsOf(context) ?? [],
  host: permuteHost(kernelOf),
});
