/** Operators that the NPU has no form of, and what a model can use in their place. */
import type { Graph, Node } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';

const leave = 'leave it: it costs the CPU little, and what stands before it runs as one part';
const variables =
  'leave it: a model keeps its state on the CPU; where it reads all variables before it writes one, the layers between run as one part';
const controlFlow = 'leave it: the graphs that it calls are compiled by themselves; unroll it to have one part';

const advices: Readonly<Record<string, string>> = {
  ARG_MAX: leave,
  ARG_MIN: leave,
  ASSIGN_VARIABLE: variables,
  BATCH_MATMUL: 'use FULLY_CONNECTED or CONV_2D with a constant filter where one operand is constant',
  CALL_ONCE: variables,
  DIV: 'multiply by the reciprocal: MUL with a constant',
  FLOOR: 'leave it out in front of a QUANTIZE: quantized values are whole numbers already',
  GATHER: 'use SLICE or STRIDED_SLICE, and CONCATENATION, where the indices are constant',
  IF: controlFlow,
  L2_NORMALIZATION: leave,
  LOG_SOFTMAX: leave,
  NEG: 'use MUL with a constant, or SUB from one',
  NON_MAX_SUPPRESSION_V4: leave,
  NON_MAX_SUPPRESSION_V5: leave,
  READ_VARIABLE: variables,
  REDUCE_MIN: 'negate, and use REDUCE_MAX',
  SELECT: 'use MUL by a mask and ADD',
  SELECT_V2: 'use MUL by a mask and ADD',
  SOFTMAX: leave,
  SQUARE: 'use MUL of the tensor with itself',
  TILE: 'use CONCATENATION of the tensor with itself',
  TOPK_V2: leave,
  UNIDIRECTIONAL_SEQUENCE_LSTM:
    'unroll it when converting: FULLY_CONNECTED, MUL, ADD, LOGISTIC and TANH run on the NPU',
  VAR_HANDLE: variables,
  WHILE: controlFlow,
};

const otherwise =
  'use the ops of SUPPORTED_OPS.md, or put it at the start or the end of the model: between other nodes it cuts a part in two';

const adviceOn = ({ op, outputs }: Node, graph: Graph): string => {
  if (op === 'DEQUANTIZE')
    return graph.nodes.some(({ inputs }) => inputs.includes(outputs[0] ?? -1))
      ? 'it comes with the float op behind it: replace that by one that can be quantized'
      : 'set inference_output_type to int8 or uint8 in the converter: then the model gives bytes';
  return advices[op] ?? (op.startsWith('CUSTOM:') ? leave : otherwise);
};

export const unknownOp = (graph: Graph, node: Node): Refusal => ({
  rule: 'operator',
  text: 'no lowering for this operator yet',
  advice: adviceOn(node, graph),
});
