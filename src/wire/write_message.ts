/**
 * Writes the graph message of some nodes, and its outline, as `delegate/graph/capture.c` writes them without options. The hash of the
 * outline and the constants tells whether a plan file is for the graph that TFLite holds.
 */
import { optionOf } from '../graph/options.js';
import { bitsOfFloat } from './float_bits.js';
import type { ElementType, Graph, Node, Tensor } from '../graph/graph.js';
import { operatorNames, optionFields } from '../tflite/operators.js';
import { apiNumber } from '../tflite/types.js';
import {
  messageHeader,
  messageLists,
  messageMagic,
  type messageNode,
  type messageTensor,
  messageVersion,
  tensorFlags,
} from './graph_message.js';
import { size64, u32 } from './record.js';
import type { PartValue } from './sequence.js';
import { Writer } from './writer.js';

/** Bytes of constants of these types go with the message, and a single float. */
const carriedTypes: readonly ElementType[] = ['int8', 'uint8', 'int32', 'int64'];
const floatBytes = 4;

const isCarried = ({ type }: Tensor, data: Uint8Array): boolean =>
  carriedTypes.includes(type) || (type === 'float32' && data.byteLength === floatBytes);

const { of: flag } = tensorFlags;

const unquantized = { scales: [], zeroPoints: [], axis: 0 };

const tensorValues = (tensor: Tensor): PartValue<typeof messageTensor> => {
  const { index, type, constant, variable, shape, quantization, name, data } = tensor;
  return {
    index,
    type: apiNumber(type),
    flags: (constant ? flag.constant : 0) | (variable ? flag.variable : 0),
    shape,
    ...(quantization ?? unquantized),
    name,
    data: data !== null && isCarried(tensor, data) ? data : new Uint8Array(),
  };
};

const nodeValues = (node: Node): PartValue<typeof messageNode> => {
  const { index, op, version, inputs, outputs } = node;
  return {
    index,
    code: operatorNames.findIndex((name) => name === op),
    version,
    customName: '',
    inputs,
    outputs,
    options: optionFields(op).map(([name, { kind }]) => (kind === 'f32' ? bitsOfFloat : Number)(optionOf(node, name))),
  };
};

const tensorsOf = (graph: Graph, nodes: readonly Node[]): readonly Tensor[] => {
  const used = new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  return [...graph.tensors.values()].filter(({ index }) => used.has(index)).sort((a, b) => a.index - b.index);
};

type MessageTensor = PartValue<typeof messageTensor>;

const written = (
  tensors: readonly MessageTensor[],
  nodes: readonly Node[],
  options: Readonly<Record<string, string>>,
): Writer => {
  const to = new Writer();
  to.field(messageHeader, { magic: messageMagic, version: messageVersion });
  messageLists.put(to, {
    options: Object.entries(options).map(([key, value]) => ({ key, value })),
    tensors,
    nodes: nodes.map(nodeValues),
  });
  return to;
};

/** The message without the bytes of constants, then for each tensor how many it has; and those bytes. */
export const outlineOf = (
  graph: Graph,
  nodes: readonly Node[],
): { readonly outline: Uint8Array; readonly constants: readonly Uint8Array[] } => {
  const values = tensorsOf(graph, nodes).map(tensorValues);
  const to = written(
    values.map((tensor) => ({ ...tensor, data: new Uint8Array() })),
    nodes,
    {},
  );
  to.field(u32, values.length);
  for (const { data } of values) to.field(size64, data.byteLength);
  return { outline: to.bytes(), constants: values.map(({ data }) => data) };
};

/**
 * @param nodes nodes of built-in operators, in the order of the graph, and nothing else of it
 * @param options that a delegate would send with them
 */
export const messageOf = (
  graph: Graph,
  nodes: readonly Node[],
  options: Readonly<Record<string, string>> = {},
): Uint8Array => written(tensorsOf(graph, nodes).map(tensorValues), nodes, options).bytes();
