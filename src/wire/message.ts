/** Graph message -> graph, every length and number checked. */
import { at } from '../in_range.js';
import { floatOfBits } from './float_bits.js';
import { PtfeError } from '../error.js';
import type { Graph, Node, Tensor } from '../graph/graph.js';
import { operatorName, type OptionKind, optionFields } from '../tflite/operators.js';
import { typeOfApi } from '../tflite/types.js';
import { Cursor } from './cursor.js';
import {
  messageHeader,
  messageLists,
  messageMagic,
  type messageNode,
  type messageTensor,
  messageVersion,
  tensorFlags,
} from './graph_message.js';
import { readSentOptions, type SentOptions } from './sent_options.js';
import type { PartValue } from './sequence.js';

const tensorOf = ({
  index,
  type,
  flags,
  shape,
  scales,
  zeroPoints,
  axis,
  name,
  data,
}: PartValue<typeof messageTensor>): Tensor => ({
  index,
  name,
  type: typeOfApi(type),
  shape,
  quantization: scales.length > 0 ? { scales, zeroPoints, axis } : null,
  constant: (flags & tensorFlags.of.constant) !== 0,
  variable: (flags & (tensorFlags.of.variable | tensorFlags.of.dynamic)) !== 0,
  data: data.byteLength > 0 ? data : null,
});

/** An option from its 32 bits. */
const optionValue = (kind: OptionKind, bits: number): number => (kind === 'f32' ? floatOfBits(bits) : bits);

const nodeOf = ({
  index,
  code,
  version,
  customName,
  inputs,
  outputs,
  options,
}: PartValue<typeof messageNode>): Node => {
  const op = operatorName(code, customName);
  const fields = optionFields(op);
  // A node without a struct has none; one that has it has them all.
  if (options.length > 0 && options.length !== fields.length)
    throw new PtfeError(
      'bad-message',
      `${op} #${index}`,
      `${options.length} options, where there are ${fields.length}`,
    );
  const params = Object.fromEntries(
    fields.map(([name, { kind }], i) => [name, options.length === 0 ? 0 : optionValue(kind, at(options, i))]),
  );
  return { index, op, version, inputs, outputs, params };
};

export interface Message {
  readonly options: SentOptions;
  readonly graph: Graph;
}

/** @throws PtfeError `bad-message` when a length, an index or the magic is wrong. */
export const readMessage = (bytes: Uint8Array): Message => {
  const cursor = new Cursor(bytes);
  const { magic, version } = cursor.field(messageHeader);
  if (magic !== messageMagic || version !== messageVersion) {
    throw new PtfeError(
      'bad-message',
      'graph message',
      'wrong magic or version',
      'delegate and engine must be of one build',
    );
  }
  const lists = messageLists.take(cursor);
  const options = readSentOptions(lists.options);
  const tensors = new Map(lists.tensors.map((one) => [one.index, tensorOf(one)]));
  const nodes = lists.nodes.map(nodeOf);
  const seen = new Set<number>();
  for (const node of nodes) {
    if (seen.has(node.index))
      throw new PtfeError('bad-message', `${node.op} #${node.index}`, 'two nodes of this number');
    seen.add(node.index);
    for (const index of [...node.inputs, ...node.outputs]) {
      if (index !== -1 && !tensors.has(index)) {
        throw new PtfeError('bad-message', `${node.op} #${node.index}`, `tensor ${index} is not in the message`);
      }
    }
  }
  return { options, graph: { numerics: options.numerics, tensors, nodes } };
};
