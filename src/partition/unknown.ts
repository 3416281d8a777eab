/** Operators that the NPU has no form of, and what a model can use in their place. */
import type { Graph, Node } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';
import { entryOf, leave } from '../tflite/operators.js';

const otherwise =
  'use the ops of SUPPORTED_OPS.md, or put it at the start or the end of the model: between other nodes it cuts a part in two';

const adviceOn = ({ op, outputs }: Node, graph: Graph): string => {
  if (op === 'DEQUANTIZE')
    return graph.nodes.some(({ inputs }) => inputs.some((tensor) => tensor === outputs[0]))
      ? 'it comes with the float op behind it: replace that by one that can be quantized'
      : 'set inference_output_type to int8 or uint8 in the converter: then the model gives bytes';
  return entryOf(op).advice ?? (op.startsWith('CUSTOM:') ? leave : otherwise);
};

export const unknownOp = (graph: Graph, node: Node): Refusal => ({
  rule: 'operator',
  text: 'no lowering for this operator yet',
  advice: adviceOn(node, graph),
});
