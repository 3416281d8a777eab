/**
 * What a TRANSPOSE makes stays where it is, in the memory of its input, where all that reads it can be told other axes:
 * the mean over axis 3 of an NCHW tensor is the mean over the width of the NHWC one. Graph -> graph: tensors get the shape
 * of their memory, TRANSPOSE becomes one that moves nothing, nodes that list axes get those of the memory, and a FULLY_CONNECTED a filter with
 * columns in its order.
 */
import { at, uint8At } from '../in_range.js';
import { mostProducts } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import {
  constantInts,
  elementCount,
  type Graph,
  type Node,
  reorderedValues,
  type Tensor,
  tensorAt,
} from '../graph/graph.js';
import type { BorderLayout } from '../ir/operation.js';
import { isByteTensor, isStatic } from '../graph/tensor.js';
import { entryOf } from '../tflite/operators.js';
import {
  isPlain,
  layoutOf,
  type Order,
  plainOrder,
  reshapedOrder,
  storedShape,
  transposedOrder,
  withoutAxes,
} from './order.js';

/** A TRANSPOSE and all nodes up to where tensors are plain again. */
export interface Renaming {
  readonly nodes: readonly number[];
  /** Tensors whose memory has another order than their shape. */
  readonly orders: ReadonlyMap<number, Order>;
  /** Tensors of one row, whose values have the order of a map's memory. */
  readonly flattened: ReadonlySet<number>;
  /** Second inputs of nodes: orders, axes, filters. */
  readonly operands: ReadonlyMap<number, Operand>;
}

type Operand = Omit<Tensor, 'index'>;

/** A graph with other names for axes. */
export interface Renamed {
  readonly graph: Graph;
  /** How the host lays out tensors of another order; null where it cannot. */
  readonly layouts: ReadonlyMap<number, BorderLayout | null>;
  /** Tensors whose memory has another order than their shape; null where it is not an order of their axes. */
  readonly orders: ReadonlyMap<number, Order | null>;
}

interface Step {
  readonly order: Order;
  readonly operand: Operand | null;
}

/** Axes from the front, each once; null where they are not constant or none of the shape's. */
const axesOf = (graph: Graph, node: Node, rank: number): readonly number[] | null => {
  const axes = constantInts(tensorAt(graph, node.inputs[1]))?.map((axis) => (axis < 0 ? axis + rank : axis));
  return axes?.every((axis) => axis >= 0 && axis < rank) === true ? [...new Set(axes)] : null;
};

const wholeNumbers = (values: readonly number[]): Operand => ({
  name: 'axes of the memory',
  type: 'int32',
  shape: [values.length],
  quantization: null,
  constant: true,
  variable: false,
  data: new Uint8Array(Int32Array.from(values).buffer),
});

/** The filter of a FULLY_CONNECTED with its columns in the order of the input's values; null where it has other columns. */
const filterFor = (chip: Chip, graph: Graph, node: Node, values: readonly number[]): Operand | null => {
  const filter = tensorAt(graph, node.inputs[1]);
  const depth = values.length;
  if (node.op !== 'FULLY_CONNECTED' || filter === null || filter.data === null || depth > mostProducts(chip))
    return null;
  const { data } = filter;
  if (filter.shape[1] !== depth || data.byteLength !== elementCount(filter.shape)) return null;
  const rows = Uint8Array.from({ length: data.byteLength }, (_, i) => {
    const column = i % depth;
    return uint8At(data, i - column + at(values, column));
  });
  return { ...filter, data: rows };
};

/** What a node does to the order of its first input. @returns null for a node that cannot be told other axes */
const stepOf = (chip: Chip, graph: Graph, node: Node, order: Order): Step | null => {
  const [input, output] = [tensorAt(graph, node.inputs[0]), tensorAt(graph, node.outputs[0])];
  if (input === null || output === null || node.outputs.length !== 1) return null;
  const rank = input.shape.length;
  if (node.op === 'TRANSPOSE') {
    const axes = axesOf(graph, node, rank);
    return axes?.length === rank
      ? { order: transposedOrder(order, axes), operand: wholeNumbers(plainOrder(order)) }
      : null;
  }
  const behaviour = entryOf(node.op).axes;
  if (behaviour === 'listed') {
    const axes = axesOf(graph, node, rank);
    if (axes === null) return null;
    const kept = output.shape.length === rank;
    return {
      order: kept ? order : withoutAxes(order, axes),
      operand: wholeNumbers(plainOrder(order).filter((position) => axes.includes(at(order, position)))),
    };
  }
  if (behaviour === 'reshaped') {
    const next = reshapedOrder(input.shape, order, output.shape);
    return next === null ? null : { order: next, operand: null };
  }
  if (behaviour === 'any') return { order, operand: null };
  // It takes contiguous values, whatever the shape.
  const operand = filterFor(chip, graph, node, reorderedValues(input.shape, order));
  return operand === null ? null : { order: plainOrder(output.shape), operand };
};

/** @returns null where something reads one of the tensors that must have it in the order of its shape */
const renamingOf = (chip: Chip, graph: Graph, source: Node): Renaming | null => {
  const nodes: number[] = [];
  const orders = new Map<number, Order>();
  const flattened = new Set<number>();
  const operands = new Map<number, Operand>();
  const readersOf = (tensor: number): readonly Node[] => graph.nodes.filter(({ inputs }) => inputs.includes(tensor));
  /** A map as one row, whose readers take columns in any order. */
  const flatten = (node: Node, order: Order): boolean => {
    const [input, output] = [tensorAt(graph, node.inputs[0]), tensorAt(graph, node.outputs[0])];
    const isRow = output !== null && output.shape.at(-1) === elementCount(output.shape);
    if (entryOf(node.op).axes !== 'reshaped' || input === null || !isRow) return false;
    const readers = readersOf(output.index);
    const values = reorderedValues(input.shape, order);
    nodes.push(node.index, ...readers.map(({ index }) => index));
    flattened.add(output.index);
    return (
      readers.length > 0 &&
      readers.every((reader) => {
        const filter = filterFor(chip, graph, reader, values);
        if (filter !== null) operands.set(reader.index, filter);
        return filter !== null && reader.inputs.lastIndexOf(output.index) === 0;
      })
    );
  };
  const follow = (node: Node, order: Order): boolean => {
    const step = stepOf(chip, graph, node, order);
    const output = tensorAt(graph, node.outputs[0]);
    if (!isByteTensor(output) || !isStatic(output)) return false;
    if (step === null) return flatten(node, order);
    // A file may store another shape than the one that follows.
    if (step.order.length !== output.shape.length) return false;
    nodes.push(node.index);
    if (step.operand !== null) operands.set(node.index, step.operand);
    if (isPlain(output.shape, step.order)) return true;
    orders.set(output.index, step.order);
    const readers = readersOf(output.index);
    if (readers.length === 0) return layoutOf(output.shape, step.order) !== null;
    return readers.every((reader) => reader.inputs.lastIndexOf(output.index) === 0 && follow(reader, step.order));
  };
  const input = tensorAt(graph, source.inputs[0]);
  if (!isByteTensor(input) || input.constant || input.variable || !isStatic(input)) return null;
  return follow(source, plainOrder(input.shape)) ? { nodes, orders, flattened, operands } : null;
};

/** What can be renamed; a TRANSPOSE of what another one made belongs to that. */
export const renamingsOf = (chip: Chip, graph: Graph): readonly Renaming[] => {
  const taken = new Set<number>();
  return graph.nodes.flatMap((node) => {
    if (node.op !== 'TRANSPOSE' || taken.has(node.index)) return [];
    const renaming = renamingOf(chip, graph, node);
    if (renaming === null) return [];
    for (const index of renaming.nodes) taken.add(index);
    return [renaming];
  });
};

export const rename = (graph: Graph, renamings: readonly Renaming[]): Renamed => {
  if (renamings.length === 0) return { graph, layouts: new Map(), orders: new Map() };
  const tensors = new Map(graph.tensors);
  const layouts = new Map<number, BorderLayout | null>();
  const orders = new Map<number, Order | null>(renamings.flatMap((renaming) => [...renaming.orders]));
  for (const [index, order] of renamings.flatMap((renaming) => [...renaming.orders])) {
    const tensor = graph.tensors.get(index);
    if (tensor === undefined) continue;
    tensors.set(index, { ...tensor, shape: storedShape(tensor.shape, order) });
    layouts.set(index, layoutOf(tensor.shape, order));
  }
  for (const index of renamings.flatMap(({ flattened }) => [...flattened])) {
    layouts.set(index, null);
    orders.set(index, null);
  }
  let next = Math.max(...graph.tensors.keys()) + 1;
  const operands = new Map(renamings.flatMap((renaming) => [...renaming.operands]));
  const nodes = graph.nodes.map((node): Node => {
    const values = operands.get(node.index);
    if (values === undefined) return node;
    const operand: Tensor = { ...values, index: next++ };
    tensors.set(operand.index, operand);
    return { ...node, inputs: node.inputs.with(1, operand.index) };
  });
  return { graph: { ...graph, tensors, nodes }, layouts, orders };
};
