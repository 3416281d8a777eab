/**
 * TRANSPOSE. Between NCHW and NHWC at the border of the graph the host reads or writes the bytes in the other order. Where
 * only dimensions of 1 move it is a RESHAPE. Where pixels move and their channels stay, rows of pixels are moved one by
 * one. What else it makes stays as it is if all that reads it can be told other axes (`rewrite/rename.ts`), or if it shuffles
 * channels between two RESHAPEs (`rewrite/channel_shuffle.ts`).
 */
import { at } from '../in_range.js';
import { constantInts, type Tensor } from '../graph/graph.js';
import { type Area, moveArea, type Plane, wholeArea } from '../ir/build/arrange.js';
import type { PermuteKernel } from '../ir/operation.js';
import { permuteRank } from '../wire/host_tables.js';
import { permuteHost } from './host_permute.js';
import { type Moves, mostMoves, reshaped, type SameCodes } from './reshape.js';
import { borderSide } from './shared/border.js';
import { formOf } from './shared/match.js';
import { inputOf, type NodeContext, type OpContext, type OpDefinition, wrongShape } from './shared/rule.js';
import { type ByteMaps, rowMaps, sameCodeMaps } from './shared/unary.js';

const orders = { input: [0, 2, 3, 1], output: [0, 3, 1, 2] } as const;

/** Where the host reads or writes NCHW in place of NHWC; null where the node is no such transpose of one sample. */
const sideOf = (context: NodeContext, input: Tensor, order: readonly number[]): 'input' | 'output' | null => {
  const side = borderSide(context);
  const isOrder = side !== null && order.length === 4 && orders[side].every((axis, i) => axis === order[i]);
  return isOrder && input.shape[0] === 1 ? side : null;
};

/** A form that costs less than other names for axes: the host's work. */
export const isBorderTranspose = (context: NodeContext): boolean => {
  const [input, order] = [inputOf(context, 0), constantInts(inputOf(context, 1))];
  return input !== null && order !== null && sideOf(context, input, order) !== null;
};

/** Dimensions longer than 1 that stay neighbours are one block; in the order of the output, the input's numbers of blocks. */
interface Blocks {
  readonly sizes: readonly number[];
  readonly order: readonly number[];
}

const blocksOf = (shape: readonly number[], order: readonly number[]): Blocks => {
  const moved = order.filter((axis) => shape[axis] !== 1);
  const inOrder = [...moved].sort((a, b) => a - b);
  const blocks: { readonly start: number; readonly size: number }[] = [];
  let before = -2;
  for (const axis of moved) {
    const [position, size] = [inOrder.indexOf(axis), at(shape, axis)];
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

/** Which of the blocks each of them is, by the order of the blocks; null: there is one. */
const swaps: Readonly<Record<string, Readonly<Record<keyof Swap, number | null>>>> = {
  '1,0': { count: null, rows: 0, columns: 1, run: null },
  '1,0,2': { count: null, rows: 0, columns: 1, run: 2 },
  '0,2,1': { count: 0, rows: 1, columns: 2, run: null },
  '0,2,1,3': { count: 0, rows: 1, columns: 2, run: 3 },
};

/** @returns null where channels move, or more than two blocks of pixels */
const swapOf = (shape: readonly number[], order: readonly number[]): Swap | null => {
  if (order.at(-1) !== shape.length - 1) return null;
  const { sizes, order: blocks } = blocksOf(shape.slice(0, -1), order.slice(0, -1));
  const swap = swaps[blocks.join()];
  if (swap === undefined) return null;
  const sizeOf = (block: number | null): number => (block === null ? 1 : at(sizes, block));
  return { count: sizeOf(swap.count), rows: sizeOf(swap.rows), columns: sizeOf(swap.columns), run: sizeOf(swap.run) };
};

const swapped =
  ({ node, input, output, from: plane, to: turned }: SameCodes, swap: Swap): Moves =>
  (fresh) => {
    const { count, rows: height, columns: width, run } = swap;
    const [from, to] = [wholeArea(input.index, plane), wholeArea(output.index, turned)];
    const channels = from.plane[2];
    const piece = (area: Area, first: number, length: number, line: number): Area => {
      const shape: Plane = [length, run, channels];
      return { ...area, shape, first: first * run, line: line * run };
    };
    return Array.from({ length: count }, (_, sample) => {
      const start = sample * height * width;
      // The shorter side counts the moves.
      if (width <= height)
        return Array.from({ length: width }, (__, x) =>
          moveArea(
            piece(from, start + x, height, width),
            piece(to, start + x * height, height, 1),
            [node.index],
            fresh,
          ),
        ).flat();
      return Array.from({ length: height }, (__, y) =>
        moveArea(piece(from, start + y * width, width, 1), piece(to, start + y, width, height), [node.index], fresh),
      ).flat();
    }).flat();
  };

interface Ordered {
  readonly side: 'input' | 'output' | null;
  readonly moves: Moves;
}

const orderedBy = (known: SameCodes, order: readonly number[]): Ordered | null => {
  const { node, input, output } = known;
  const side = sideOf(known, input, order);
  if (side !== null) {
    const nodes = [node.index];
    return {
      side,
      moves: () => [{ kind: 'border', nodes, input: input.index, output: output.index, side, layout: 'nchw' }],
    };
  }
  if (blocksOf(input.shape, order).sizes.length <= 1) {
    const moves = reshaped(known);
    return moves === null ? null : { side, moves };
  }
  const swap = swapOf(input.shape, order);
  return swap === null || swap.count * Math.min(swap.rows, swap.columns) > mostMoves
    ? null
    : { side, moves: swapped(known, swap) };
};

/** @returns null for an order that is no permutation of the input's dimensions */
const kernelOf = (known: OpContext & ByteMaps): PermuteKernel | null => {
  const { shape } = known.input;
  const order = constantInts(inputOf(known, 1));
  const isOrder = order?.length === shape.length && shape.every((_, axis) => order.includes(axis));
  return isOrder && shape.length <= permuteRank ? { kind: 'permute', shape, order } : null;
};

const matcher = sameCodeMaps(rowMaps)
  .narrow({
    name: 'order',
    text: `a constant order: from NCHW where it alone takes an input of the graph, or to NCHW where it makes an output; any where all that reads the result reduces or reshapes it, takes each value by itself or brings it back; dimensions of 1 alone that move, as a RESHAPE; two dimensions of pixels that change places in at most ${mostMoves} moves; channels that are reordered between two RESHAPEs`,
    narrow: (known: SameCodes): Ordered | string => {
      const { input, output } = known;
      const order = constantInts(inputOf(known, 1));
      const dims = order?.flatMap((axis) => input.shape[axis] ?? []);
      if (order === null || dims?.length !== input.shape.length || new Set(order).size !== dims.length)
        return `order ${order?.join(', ') ?? 'not constant'}`;
      return wrongShape(output.shape, dims) ?? orderedBy(known, order) ?? `order ${order.join(', ')}`;
    },
  })
  .check({
    name: 'trust',
    text: 'with trust=seen: at the border of the graph alone, transposes by the DPU were not shown by a board or a shipped compiler',
    broken: ({ trust, side }) => (trust === 'seen' && side === null ? 'a transpose by the DPU' : null),
  });

export const transpose: OpDefinition = {
  op: 'TRANSPOSE',
  ...formOf(matcher, ({ moves }, fresh) => moves(fresh)),
  host: permuteHost(kernelOf),
};
