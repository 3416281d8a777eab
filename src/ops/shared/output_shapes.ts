/**
 * The shapes of a node's outputs as TFLite calculates them from its inputs. A file's are stored and may say something else,
 * and TFLite takes no notice of them.
 */
import { constantInts, elementCount, type Graph, type Node } from '../../graph/graph.js';
import { entryOf, type OperatorEntry, padding } from '../../tflite/operators.js';
import { operators } from '../index.js';
import { inputOf, type NodeContext, type ShapeDerivation, wrongShape } from './rule.js';

type Shape = readonly number[];
type Derivation = ShapeDerivation;

const shapeOf = (context: NodeContext, position: number): Shape => inputOf(context, position)?.shape ?? [];
const intsOf = (context: NodeContext, position: number): readonly number[] | null =>
  constantInts(inputOf(context, position));
const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const same: Derivation = (context) => [shapeOf(context, 0)];

/** Dimensions from the last on: those of the longer shape, and the larger where one of the two is 1. */
const broadcast: Derivation = (context) => {
  const [a, b] = [shapeOf(context, 0), shapeOf(context, 1)];
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return [Array.from({ length: rank }, (_, axis) => (at(a, axis) === 1 ? at(b, axis) : at(a, axis)))];
};

const windowed = (length: number, window: number, stride: number, mode: number | undefined): number =>
  Math.floor((mode === padding.same ? length + stride - 1 : length + stride - window) / stride);

const dilated = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** @param channels which dimension of the filter has the output's channels */
const convolution =
  (channels: number): Derivation =>
  (context) => {
    const [[batch = 1, height = 1, width = 1], filter] = [shapeOf(context, 0), shapeOf(context, 1)];
    const { strideH = 1, strideW = 1, dilationH = 1, dilationW = 1, padding: mode } = context.node.params;
    const rows = windowed(height, dilated(filter[1] ?? 1, dilationH), strideH, mode);
    const columns = windowed(width, dilated(filter[2] ?? 1, dilationW), strideW, mode);
    return [[batch, rows, columns, filter[channels] ?? 1]];
  };

const pool: Derivation = (context) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = shapeOf(context, 0);
  const { strideH = 1, strideW = 1, filterH = 1, filterW = 1, padding: mode } = context.node.params;
  return [[batch, windowed(height, filterH, strideH, mode), windowed(width, filterW, strideW, mode), channels]];
};

const fullyConnected: Derivation = (context) => {
  const [input, [units = 1, depth = 1]] = [shapeOf(context, 0), shapeOf(context, 1)];
  const rows = context.node.params['keepNumDims'] === 1 ? input.slice(0, -1) : [elementCount(input) / depth];
  return [[...rows, units]];
};

const concatenation: Derivation = (context) => {
  const first = shapeOf(context, 0);
  const axis = fromFront(context.node.params['axis'] ?? 0, first.length);
  const lengths = context.node.inputs.map((_, position) => shapeOf(context, position)[axis] ?? 1);
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
  if (paddings === null) return null;
  return [shapeOf(context, 0).map((dim, axis) => dim + (paddings[2 * axis] ?? 0) + (paddings[2 * axis + 1] ?? 0))];
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
  const [input, wanted] = [shapeOf(context, 0), context.graph.tensors.get(context.node.outputs[0] ?? -1)?.shape ?? []];
  let at = 0;
  for (const dim of input)
    if (at < wanted.length && dim === wanted[at]) at++;
    else if (dim !== 1) return [input.filter((one) => one !== 1)];
  return at === wanted.length ? [wanted] : [input.filter((one) => one !== 1)];
};

const expandDims: Derivation = (context) => {
  const axis = intsOf(context, 1)?.[0];
  const shape = shapeOf(context, 0);
  return axis === undefined ? null : [shape.toSpliced(fromFront(axis, shape.length + 1), 0, 1)];
};

const transpose: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const order = intsOf(context, 1);
  return order === null ? null : [order.map((axis) => shape[fromFront(axis, shape.length)] ?? 1)];
};

/** Parts along one axis. */
const along = (shape: Shape, axis: number | undefined, lengths: readonly number[]): readonly Shape[] | null =>
  axis === undefined
    ? null
    : lengths.map((length) => shape.map((dim, i) => (i === fromFront(axis, shape.length) ? length : dim)));

const split: Derivation = (context) => {
  const [shape, axis] = [shapeOf(context, 1), intsOf(context, 0)?.[0]];
  const { length } = context.node.outputs;
  return along(
    shape,
    axis,
    Array.from({ length }, () => (shape.at(axis ?? 0) ?? 1) / length),
  );
};

const splitV: Derivation = (context) => {
  const [shape, sizes, axis] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)?.[0]];
  if (sizes === null || axis === undefined) return null;
  const rest = (shape.at(axis) ?? 1) - sizes.filter((size) => size !== -1).reduce((sum, size) => sum + size, 0);
  return along(
    shape,
    axis,
    sizes.map((size) => (size === -1 ? rest : size)),
  );
};

const slice: Derivation = (context) => {
  const [shape, begin, size] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)];
  if (begin === null || size === null) return null;
  return [shape.map((dim, axis) => (size[axis] === -1 ? dim - (begin[axis] ?? 0) : (size[axis] ?? 1)))];
};

const bit = (mask: number | undefined, position: number): boolean => (((mask ?? 0) >> position) & 1) === 1;

/** Without ellipsis and new axes: rules refuse those. */
const stridedSlice: Derivation = (context) => {
  const [begin, end, strides] = [1, 2, 3].map((position) => intsOf(context, position) ?? null);
  const { beginMask, endMask, shrinkAxisMask, ellipsisMask, newAxisMask, offset } = context.node.params;
  if (!begin || !end || !strides || ellipsisMask !== 0 || newAxisMask !== 0 || offset !== 0) return null;
  const size = (dim: number, axis: number): number => {
    const step = strides[axis] ?? 1;
    const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
    const clamped = (value: number): number => Math.min(Math.max(value < 0 ? value + dim : value, low), high);
    const from = bit(beginMask, axis) ? (step > 0 ? low : high) : clamped(begin[axis] ?? 0);
    const to = bit(endMask, axis) ? (step > 0 ? high : low) : clamped(end[axis] ?? 0);
    return Math.max(0, Math.ceil((to - from) / step));
  };
  const shape = shapeOf(context, 0);
  return [shape.map(size).filter((_, axis) => !bit(shrinkAxisMask, axis))];
};

const pack: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const { axis = 0 } = context.node.params;
  return [shape.toSpliced(fromFront(axis, shape.length + 1), 0, context.node.inputs.length)];
};

const unpack: Derivation = (context) => {
  const shape = shapeOf(context, 0);
  const { axis = 0 } = context.node.params;
  return context.node.outputs.map(() => shape.toSpliced(fromFront(axis, shape.length), 1));
};

const resize: Derivation = (context) => {
  const [batch = 1, , , channels = 1] = shapeOf(context, 0);
  const size = intsOf(context, 1);
  return size === null ? null : [[batch, ...size, channels]];
};

const blocks =
  (grow: number): Derivation =>
  (context) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = shapeOf(context, 0);
    const factor = (context.node.params['blockSize'] ?? 1) ** grow;
    return [[batch, height * factor, width * factor, channels / factor ** 2]];
  };

/** @param sign -1 where blocks become samples of a batch, 1 where it is the other way round */
const batchBlocks =
  (sign: 1 | -1): Derivation =>
  (context) => {
    const [shape, block, edges] = [shapeOf(context, 0), intsOf(context, 1), intsOf(context, 2)];
    if (block === null || edges === null) return null;
    const [batch = 1, ...rest] = shape;
    const spatial = rest.map((dim, i) => {
      const [side = 1, border] = [block[i], (edges[2 * i] ?? 0) + (edges[2 * i + 1] ?? 0)];
      if (i >= block.length) return dim;
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
    const wrong = wrongShape(graph.tensors.get(node.outputs[i] ?? -1)?.shape ?? [], shape);
    if (wrong !== null) return wrong;
  }
  return null;
};
