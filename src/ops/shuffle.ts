/**
 * A shuffle of channels: RESHAPE splits them into dimensions, TRANSPOSE reorders these, RESHAPE makes channels of them again.
 * The last of the three picks the channels from the map before the first, by one 1x1 convolution.
 */
import { constantInts, type Graph, type Node, reorderedValues, type Tensor } from '../graph/graph.js';
import { type Area, areaTensor, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { plainGeometry, selection } from '../ir/build/copy.js';
import type { Operation } from '../ir/operation.js';
import { hasPerTensorQuantization, isByteTensor, isStatic, planeOf } from '../graph/tensor.js';
import { type OpContext, outputOf } from './shared/rule.js';

export interface Shuffle {
  /** The map before the first RESHAPE. */
  readonly map: Tensor;
  /** For each channel of the result, the channel of the map. */
  readonly channels: readonly number[];
}

const tensorOf = (graph: Graph, index: number | undefined): Tensor | null => graph.tensors.get(index ?? -1) ?? null;

const readersOf = (graph: Graph, tensor: number): readonly Node[] =>
  graph.nodes.filter(({ inputs }) => inputs.includes(tensor));

/** Feature maps that a RESHAPE takes, all with the same codes. */
const areAlike = (tensors: readonly (Tensor | null)[]): boolean =>
  tensors.every(
    (tensor) =>
      isByteTensor(tensor) &&
      !tensor.constant &&
      !tensor.variable &&
      isStatic(tensor) &&
      tensor.shape.length <= 6 &&
      hasPerTensorQuantization(tensor) &&
      tensor.type === tensors[0]?.type &&
      tensor.quantization?.scales[0] === tensors[0].quantization?.scales[0] &&
      tensor.quantization?.zeroPoints[0] === tensors[0].quantization?.zeroPoints[0],
  );

/** The first of the last dimensions that together are the channels; null where none are. */
const splitAxis = (shape: readonly number[], channels: number): number | null => {
  for (let axis = shape.length - 1, product = 1; axis >= 0; axis--) {
    product *= shape[axis] ?? 1;
    if (product === channels) return axis;
  }
  return null;
};

/** @param node a TRANSPOSE */
export const shuffleOf = (chip: Chip, graph: Graph, node: Node): Shuffle | null => {
  const [split, made] = [tensorOf(graph, node.inputs[0]), tensorOf(graph, node.outputs[0])];
  if (node.op !== 'TRANSPOSE' || split === null || made === null) return null;
  const reshape = graph.nodes.find(({ op, outputs }) => op === 'RESHAPE' && outputs[0] === split.index);
  const map = tensorOf(graph, reshape?.inputs[0]);
  const readers = readersOf(graph, made.index);
  const results = readers.map(({ outputs }) => tensorOf(graph, outputs[0]));
  if (map === null || readers.length === 0 || readersOf(graph, split.index).length !== 1) return null;
  if (!readers.every(({ op, inputs }) => op === 'RESHAPE' && inputs[0] === made.index)) return null;
  if (!areAlike([map, split, made, ...results])) return null;
  const [, , channels] = planeOf(map);
  const [axis, order] = [splitAxis(split.shape, channels), constantInts(tensorOf(graph, node.inputs[1]))];
  if (axis === null || order?.length !== split.shape.length) return null;
  const apart = [...order.entries()].every(([to, from]) => (to < axis ? to === from : from >= axis));
  if (!apart || !results.every((result) => planeOf(result)[2] === channels)) return null;
  if (kernelWrong(chip, plainGeometry(planeOf(map), channels), false) !== null) return null;
  const inner = order.slice(axis).map((from) => from - axis);
  return { map, channels: reorderedValues(split.shape.slice(axis), inner) };
};

/** What the last RESHAPE becomes; null where it does not end a shuffle. */
export const shuffled = (context: OpContext): readonly Operation[] | null => {
  const { chip, graph, node, spare, wanted } = context;
  const transpose = graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[0]);
  const shuffle = transpose === undefined ? null : shuffleOf(chip, graph, transpose);
  const output = outputOf(context);
  if (transpose === undefined || shuffle === null || output === null) return null;
  const { map, channels } = shuffle;
  const plane: Plane = planeOf(output);
  const from: Area = { ...wholeArea(map.index, planeOf(map)), shape: plane, line: plane[1] };
  const { tensor, views } = areaTensor(from, [node.index], new Spare(spare));
  const move = { kind: 'move', nodes: [node.index], input: tensor, output: output.index } as const;
  const operations = [...views, selection(move, plane, channels)];
  const [reordered = -1] = transpose.outputs;
  const isFirst = readersOf(graph, reordered)[0]?.index === node.index;
  if (!isFirst || wanted?.includes(reordered) !== true) return operations;
  // The bytes between the TRANSPOSE and this RESHAPE are those of the result.
  const nodes = [transpose.index];
  return [
    ...operations,
    { kind: 'border', nodes, input: output.index, output: reordered, side: 'output', layout: 'flat' },
  ];
};
