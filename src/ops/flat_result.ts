/**
 * A result that only TFLite reads, whose bytes are those of another feature map in another shape: no memory of its own, the
 * host reads it from that one. What is left of a RESHAPE or a TRANSPOSE of which a rewrite made something else.
 */
import { coveredBy, elementCount, type Node } from '../graph/graph.js';
import { shapeText } from '../graph/tensor.js';
import { formOf } from './shared/match.js';
import type { OpDefinition } from './shared/rule.js';
import { rowMaps, sameCodeMaps } from './shared/unary.js';

const op = 'FLAT_RESULT';

/** In place of `left`, whose output `result` has the bytes of `map`. */
export const flatResultOf = (left: Node, map: number, result: number): Node => ({
  index: left.index,
  op,
  version: 1,
  inputs: [map],
  outputs: [result],
  params: {},
  covers: coveredBy(left),
});

const matcher = sameCodeMaps(rowMaps).check(
  {
    name: 'shape',
    text: 'as many values in the input as in the output',
    broken: ({ input, output }) =>
      elementCount(input.shape) === elementCount(output.shape)
        ? null
        : `${shapeText(input.shape)} to ${shapeText(output.shape)}`,
  },
  {
    name: 'trust',
    text: 'with trust=seen: bytes in another order at the border of a part were not shown',
    broken: ({ trust }) => (trust === 'seen' ? 'a copy by the DPU alone' : null),
  },
);

export const flatResult: OpDefinition = {
  op,
  ...formOf(matcher, ({ node, input, output }) => [
    {
      kind: 'border',
      nodes: coveredBy(node),
      input: input.index,
      output: output.index,
      side: 'output',
      layout: 'flat',
    },
  ]),
};
