/**
 * SPACE_TO_BATCH_ND, a convolution without padding, BATCH_TO_SPACE_ND: how older TensorFlow writes a dilated convolution.
 * It is that convolution, of the tensor before the first. Neither dilation nor batches change the numbers.
 */
import { optionOf } from '../graph/options.js';
import type { Node, Tensor } from '../graph/graph.js';
import { blocksOf } from '../ops/shared/sample_blocks.js';
import { padding } from '../tflite/operators.js';
import type { GraphIndex, Rewrite } from './rewrite.js';
import { haveSameCodes } from './same_codes.js';

const composites: ReadonlyMap<string, string> = new Map([
  ['CONV_2D', 'DILATED_CONV_2D'],
  ['DEPTHWISE_CONV_2D', 'DILATED_DEPTHWISE_CONV_2D'],
]);

/** The node that makes the first input, of which that is the only use. */
const onlyMakerOf = (index: GraphIndex, node: Node): Node | null => {
  const [input] = node.inputs;
  return index.consumersOf(input).length === 1 && input !== undefined && node.inputs.lastIndexOf(input) === 0
    ? index.producerOf(input)
    : null;
};

/** Input and output of a node that moves pixels between samples. */
const movedBy = (index: GraphIndex, node: Node): readonly [Tensor, Tensor] | null => {
  const [input, output] = [index.tensor(node.inputs[0]), index.tensor(node.outputs[0])];
  if (input === null || output === null || !haveSameCodes([input, output])) return null;
  return input.shape.length === 4 && output.shape.length === 4 ? [input, output] : null;
};

export const dilatedConvolution: Rewrite = {
  text: 'SPACE_TO_BATCH_ND, CONV_2D or DEPTHWISE_CONV_2D without padding, BATCH_TO_SPACE_ND: a dilated convolution',
  explains: true,
  ops: ['BATCH_TO_SPACE_ND'],
  match: (index, batch) => {
    const conv = onlyMakerOf(index, batch);
    const space = conv === null ? null : onlyMakerOf(index, conv);
    const op = composites.get(conv?.op ?? '');
    if (conv === null || op === undefined || space?.op !== 'SPACE_TO_BATCH_ND') return null;
    const [spread, merged] = [space, batch].map((node) => blocksOf({ graph: index.graph, node }));
    const [from, to] = [movedBy(index, space)?.[0], movedBy(index, batch)?.[1]];
    const filter = index.tensor(conv.inputs[1]);
    if (spread == null || merged == null || from === undefined || to === undefined || filter === null) return null;
    const { strideH, strideW, padding: mode } = conv.params;
    const [dilationH, dilationW] = [optionOf(conv, 'dilationH', 1), optionOf(conv, 'dilationW', 1)];
    if (strideH !== 1 || strideW !== 1 || mode !== padding.valid) return null;
    const dilations = [dilationH * spread.block[0], dilationW * spread.block[1]] as const;
    /** Rows, then columns. */
    const fits = ([0, 1] as const).every((axis) => {
      const [padded, cropped] = [spread, merged].map(({ before, after }) => before[axis] + after[axis]);
      const [input, output, taps] = [from, to, filter].map(({ shape }) => shape[axis + 1]);
      if (padded === undefined || cropped === undefined) return false;
      if (input === undefined || output === undefined || taps === undefined) return false;
      return (
        spread.block[axis] === merged.block[axis] && output === input + padded - (taps - 1) * dilations[axis] - cropped
      );
    });
    if (!fits) return null;
    const [padTop, padLeft] = [spread.before[0] - merged.before[0], spread.before[1] - merged.before[1]];
    return {
      op,
      inputs: [from.index, ...conv.inputs.slice(1)],
      params: { ...conv.params, dilationH: dilations[0], dilationW: dilations[1], padTop, padLeft },
      nodes: [conv, space, batch],
    };
  },
};
