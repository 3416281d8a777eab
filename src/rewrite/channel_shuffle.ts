/**
 * RESHAPE splits the channels into dimensions, TRANSPOSE reorders these, RESHAPE makes channels of them again: the last one
 * picks the channels from the map before the first.
 */
import { constantInts, type Node, reorderedValues, type Tensor } from '../graph/graph.js';
import { channelsOf, planeOf } from '../graph/tensor.js';
import { intsConstant } from './new_constant.js';
import type { GraphIndex, Rewrite } from './rewrite.js';
import { reshapedMap } from './reshapes.js';
import { haveSameCodes } from './same_codes.js';

interface Shuffle {
  readonly map: Tensor;
  /** The RESHAPE before the TRANSPOSE. */
  readonly split: Node;
  /** For each channel of the result, the channel of the map. */
  readonly channels: readonly number[];
}

/** The first of the last dimensions that together are the channels; null where none are. */
const splitAxis = (shape: readonly number[], channels: number): number | null => {
  let product = 1;
  for (const [axis, dim] of [...shape.entries()].reverse()) {
    product *= dim;
    if (product === channels) return axis;
  }
  return null;
};

const shuffleOf = (index: GraphIndex, transpose: Node): Shuffle | null => {
  const [apart, made] = [index.tensor(transpose.inputs[0]), index.tensor(transpose.outputs[0])];
  const split = index.producerOf(transpose.inputs[0]);
  const map = reshapedMap(index, split);
  if (transpose.op !== 'TRANSPOSE' || split === null || map === null || apart === null || made === null) return null;
  const readers = index.consumersOf(made.index);
  const results = readers.map(({ outputs }) => index.tensor(outputs[0]));
  if (index.consumersOf(apart.index).length !== 1 || !haveSameCodes([apart, made])) return null;
  if (!readers.every((reader) => reshapedMap(index, reader)?.index === made.index)) return null;
  const [, , channels] = planeOf(map);
  const [axis, order] = [splitAxis(apart.shape, channels), constantInts(index.tensor(transpose.inputs[1]))];
  if (axis === null || order?.length !== apart.shape.length) return null;
  const isApart = [...order.entries()].every(([to, from]) =>
    to < axis ? to === from : from >= axis && from < order.length,
  );
  if (!isApart || !results.every((result) => result !== null && channelsOf(result) === channels)) return null;
  const inner = order.slice(axis).map((from) => from - axis);
  return { map, split, channels: reorderedValues(apart.shape.slice(axis), inner) };
};

export const channelShuffle: Rewrite = {
  text: 'RESHAPE, TRANSPOSE, RESHAPE that reorder channels: a 1x1 convolution that picks them',
  explains: true,
  ops: ['RESHAPE'],
  match: (index, node) => {
    const transpose = index.producerOf(node.inputs[0]);
    const shuffle = transpose === null ? null : shuffleOf(index, transpose);
    const [result] = node.outputs;
    if (transpose === null || shuffle === null || result === undefined) return null;
    const { map, split, channels } = shuffle;
    return {
      op: 'CHANNEL_SHUFFLE',
      inputs: [map.index, intsConstant('channels of the map', channels)],
      params: {},
      nodes: [node, transpose, split],
      sameBytes: new Map([
        ...transpose.outputs.map((tensor) => [tensor, result] as const),
        ...split.outputs.map((tensor) => [tensor, map.index] as const),
      ]),
    };
  },
};
