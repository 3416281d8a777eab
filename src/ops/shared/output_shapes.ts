/**
 * The shapes of a node's outputs as TFLite calculates them from its inputs. A file's are stored and may say something else,
 * and TFLite takes no notice of them.
 */
import { constantInts, elementCount, type Graph, type Node, tensorAt } from '../../graph/graph.js';
import { at } from '../../in_range.js';
import { entryOf, type OperatorEntry, padding } from '../../tflite/operators.js';
import { operators } from '../index.js';
import { optionOf } from '../../graph/options.js';
import { inputOf, type NodeContext, outputOf, type ShapeDerivation, wrongShape } from './rule.js';

type Shape = readonly number[];
type Derivation = ShapeDerivation;

const shapeOf = (context: NodeContext, position: number): Shape => inputOf(context, position)?.shape ?? [];
const intsOf = (context: NodeContext, position: number): readonly number[] | null =>
  constantInts(inputOf(context, position));
const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** 1 for a dimension that the shape does not have: what follows then is not what a file stores. */
const dimension = (shape: Shape, axis: number): number => (axis >= 0 && axis < shape.length ? at(shape, axis) : 1);

/** Samples, height, width, channels. */
const fourOf = (shape: Shape) =>
  [dimension(shape, 0), dimension(shape, 1), dimension(shape, 2), dimension(shape, 3)] as const;

const same: Derivation = (context) => [shapeOf(context, 0)];

/** Dimensions from the last on: those of the longer shape, and the larger where one of the two is 1. */
const broadcast: Derivation = (context) => {
  const [a, b] = [shapeOf(context, 0), shapeOf(context, 1)];
  const rank = Math.max(a.length, b.length);
  const aligned = (shape: Shape, axis: number): number => dimension(shape, axis - rank + shape.length);
  return [Array.from({ length: rank }, (_, axis) => (aligned(a, axis) === 1 ? aligned(b, axis) : aligned(a, axis)))];
};

const stridesOf = (node: Node): readonly [number, number] => [
  optionOf(node, 'strideH', 1),
  optionOf(node, 'strideW', 1),
];

const windowed = (length: number, window: number, stride: number, mode: number): number =>
  Math.floor((mode === padding.same ? length + stride - 1 : length + stride - window) / stride);

const dilated = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** @param channels which dimension of the filter has the output's channels */
const convolution =
  (channels: 0 | 3): Derivation =>
  (context) => {
    const [[batch, height, width], filter] = [fourOf(shapeOf(context, 0)), fourOf(shapeOf(context, 1))];
    const { node } = context;
    const [strideH, strideW] = stridesOf(node);
    const [dilationH, dilationW] = [optionOf(node, 'dilationH', 1), optionOf(node, 'dilationW', 1)];
    const mode = optionOf(node, 'padding');
    const rows = windowed(height, dilated(filter[1], dilationH), strideH, mode);
    const columns = windowed(width, dilated(filter[2], dilationW), strideW, mode);
    return [[batch, rows, columns, filter[channels]]];
  };

const pool: Derivation = (context) => {
  const [batch, height, width, channels] = fourOf(shapeOf(context, 0));
  const { node } = context;
  const [strideH, strideW] = stridesOf(node);
  const [filterH, filterW] = [optionOf(node, 'filterH', 1), optionOf(node, 'filterW', 1)];
  const mode = optionOf(node, 'padding');
  return [[batch, windowed(height, filterH, strideH, mode), windowed(width, filterW, strideW, mode), channels]];
};

const fullyConnected: Derivation = (context) => {
  const [input, [units, depth]] = [shapeOf(context, 0), fourOf(shapeOf(context, 1))];
  const rows = context.node.params['keepNumDims'] === 1 ? input.slice(0, -1) : [elementCount(input) / depth];
  return [[...rows, units]];
};

const concatenation: Derivation = (context) => {
  const first = shapeOf(context, 0);
  const axis = fromFront(optionOf(context.node, 'axis'), first.length);
  const lengths = context.node.inputs.map((_, position) => dimension(shapeOf(context, position), axis));
  return [first.map((dim, i) => (i === axis ? lengths.reduce((sum, length) => sum + length, 0) : dim))];
};

const reducer: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const axes = intsOf(context, 1)?.map((axis) => fromFront(axis, shape.length));
  if (axes === undefined) return null;
  if (context.node.params['keepDims'] === 1) return [shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))];
  return [shape.filter((_, axis) => !axes.includes(axis))];
};

const padded: Derivation = (context) => {
  const paddings = intsOf(context, 1);
  const shape = shapeOf(context, 0);
  if (paddings?.length !== 2 * shape.length) return null;
  return [shape.map((dim, axis) => dim + at(paddings, 2 * axis) + at(paddings, 2 * axis + 1))];
};

/** The one dimension that is -1 takes what the others leave. */
const reshape: Derivation = (context) => {
  const wanted = intsOf(context, 1);
  if (wanted === null) return null;
  const others = elementCount(wanted.filter((dim) => dim !== -1));
  return [wanted.map((dim) => (dim === -1 ? elementCount(shapeOf(context, 0)) / others : dim))];
};

/** Its axes are an option that is not read: what is left must stand in the input in this order, and the rest be 1. */
const squeeze: Derivation = (context) => {
  const [input, wanted] = [shapeOf(context, 0), outputOf(context)?.shape ?? []];
  let found = 0;
  for (const dim of input)
    if (found < wanted.length && dim === wanted[found]) found++;
    else if (dim !== 1) return [input.filter((one) => one !== 1)];
  return found === wanted.length ? [wanted] : [input.filter((one) => one !== 1)];
};

const expandDims: Derivation = (context) => {
  const axis = intsOf(context, 1)?.[0];
  const shape = shapeOf(context, 0);
  return axis === undefined ? null : [shape.toSpliced(fromFront(axis, shape.length + 1), 0, 1)];
};

const transpose: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const order = intsOf(context, 1);
  return order === null ? null : [order.map((axis) => dimension(shape, fromFront(axis, shape.length)))];
};

/** Parts along one axis. */
const along = (shape: Shape, axis: number, lengths: readonly number[]): readonly Shape[] =>
  lengths.map((length) => shape.map((dim, i) => (i === fromFront(axis, shape.length) ? length : dim)));

const split: Derivation = (context) => {
  const [shape, axis] = [shapeOf(context, 1), intsOf(context, 0)?.[0]];
  const { length } = context.node.outputs;
  if (axis === undefined) return null;
  const each = dimension(shape, fromFront(axis, shape.length)) / length;
  return along(
    shape,
    axis,
    Array.from({ length }, () => each),
  );
};

const splitV: Derivation = (context) => {
  const [shape, sizes, axis] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)?.[0]];
  if (sizes === null || axis === undefined) return null;
  const rest =
    dimension(shape, fromFront(axis, shape.length)) -
    sizes.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return along(
    shape,
    axis,
    sizes.map((size) => (size === -1 ? rest : size)),
  );
};

const slice: Derivation = (context) => {
  const [shape, begin, size] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)];
  if (begin?.length !== shape.length || size?.length !== shape.length) return null;
  return [shape.map((dim, axis) => (size[axis] === -1 ? dim - at(begin, axis) : at(size, axis)))];
};

const bit = (mask: number, position: number): boolean => ((mask >> position) & 1) === 1;

/** Without ellipsis and new axes: rules refuse those. */
const stridedSlice: Derivation = (context) => {
  const [begin, end, strides] = [1, 2, 3].map((position) => intsOf(context, position) ?? null);
  const { ellipsisMask, newAxisMask, offset } = context.node.params;
  const shape = shapeOf(context, 0);
  if (begin?.length !== shape.length || end?.length !== shape.length || strides?.length !== shape.length) return null;
  if (ellipsisMask !== 0 || newAxisMask !== 0 || offset !== 0) return null;
  const [beginMask, endMask] = [optionOf(context.node, 'beginMask'), optionOf(context.node, 'endMask')];
  const shrinkAxisMask = optionOf(context.node, 'shrinkAxisMask');
  const size = (dim: number, axis: number): number => {
    const step = at(strides, axis);
    const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
    const clamped = (value: number): number => Math.min(Math.max(value < 0 ? value + dim : value, low), high);
    const from = bit(beginMask, axis) ? (step > 0 ? low : high) : clamped(at(begin, axis));
    const to = bit(endMask, axis) ? (step > 0 ? high : low) : clamped(at(end, axis));
    return Math.max(0, Math.ceil((to - from) / step));
  };
  return [shape.map(size).filter((_, axis) => !bit(shrinkAxisMask, axis))];
};

const pack: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const axis = optionOf(context.node, 'axis');
  return [shape.toSpliced(fromFront(axis, shape.length + 1), 0, context.node.inputs.length)];
};

const unpack: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const axis = optionOf(context.node, 'axis');
  return context.node.outputs.map(() => shape.toSpliced(fromFront(axis, shape.length), 1));
};

const resize: Derivation = (context) => {
  const [batch, , , channels] = fourOf(shapeOf(context, 0));
  const size = intsOf(context, 1);
  return size === null ? null : [[batch, ...size, channels]];
};

const blocks =
  (grow: number): Derivation =>
  (context) => {
    const [batch, height, width, channels] = fourOf(shapeOf(context, 0));
    const factor = optionOf(context.node, 'blockSize', 1) ** grow;
    return [[batch, height * factor, width * factor, channels / factor ** 2]];
  };

/** @param sign -1 where blocks become samples of a batch, 1 where it is the other way round */
const batchBlocks =
  (sign: 1 | -1): Derivation =>
  (context) => {
    const [shape, block, edges] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)];
    const [batch, ...rest] = shape;
    if (block === null || edges?.length !== 2 * block.length || batch === undefined) return null;
    const spatial = rest.map((dim, i) => {
      if (i >= block.length) return dim;
      const [side, border] = [at(block, i), at(edges, 2 * i) + at(edges, 2 * i + 1)];
      return sign === 1 ? dim * side - border : (dim + border) / side;
    });
    const blocks = elementCount(block);
    return [[sign === 1 ? batch / blocks : batch * blocks, ...spatial]];
  };

/** Rules that several ops share; the table of operators names them. */
const shared: Readonly<Record<NonNullable<OperatorEntry['shape']>, Derivation>> = {
  same,
  broadcast,
  windows: pool,
  reduced: reducer,
  padded,
  resized: resize,
};

/** Of single ops; an op may bring its own (`OpDefinition.shapes`). */
const ofOneOp: Readonly<Record<string, Derivation>> = {
  BATCH_TO_SPACE_ND: batchBlocks(1),
  CONCATENATION: concatenation,
  CONV_2D: convolution(0),
  DEPTHWISE_CONV_2D: convolution(3),
  DEPTH_TO_SPACE: blocks(1),
  EXPAND_DIMS: expandDims,
  FULLY_CONNECTED: fullyConnected,
  PACK: pack,
  RESHAPE: reshape,
  SLICE: slice,
  SPACE_TO_BATCH_ND: batchBlocks(-1),
  SPACE_TO_DEPTH: blocks(-1),
  SPLIT: split,
  SPLIT_V: splitV,
  SQUEEZE: squeeze,
  STRIDED_SLICE: stridedSlice,
  TRANSPOSE: transpose,
  TRANSPOSE_CONV: (context) => {
    const shape = intsOf(context, 0);
    return shape === null ? null : [shape];
  },
  UNPACK: unpack,
};

const derivationOf = (op: string): Derivation | undefined => {
  const { shape } = entryOf(op);
  return operators.get(op)?.shapes ?? (shape === undefined ? ofOneOp[op] : shared[shape]);
};

export const hasDerivation = (op: string): boolean => derivationOf(op) !== undefined;

/** The shapes of a node's outputs; null where they are known only when the model runs, or to nobody here. */
export const derivedShapes = (graph: Graph, node: Node): readonly (readonly number[])[] | null =>
  derivationOf(node.op)?.({ graph, node }) ?? null;

/** Why a node that breaks no rule cannot be taken: a stored shape that is not what TFLite will calculate. */
export const wrongOutput = (graph: Graph, node: Node): string | null => {
  for (const [i, shape] of (derivedShapes(graph, node) ?? []).entries()) {
    const wrong = wrongShape(tensorAt(graph, node.outputs[i])?.shape ?? [], shape);
    if (wrong !== null) return wrong;
  }
  return null;
};
