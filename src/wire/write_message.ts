/**
 * Writes the graph message of some nodes, as `delegate/graph/capture.c` writes it without options. Its hash tells whether a plan
 * file is for the graph that TFLite holds.
 */
import type { ElementType, Graph, Node, Tensor } from '../graph/graph.js';
import { joined } from './joined.js';
import { messageMagic, messageVersion } from './message.js';
import { optionFields, operatorNames } from '../tflite/operators.js';
import { apiNumber } from '../tflite/types.js';

/** Bytes of constants of these types go with the message. */
const carriedTypes: readonly ElementType[] = ['int8', 'uint8', 'int32', 'int64'];

/** Little-endian words, and runs of bytes with their length in front and zeros to a multiple of 4 behind. */
class Writer {
  readonly #chunks: Uint8Array[] = [];

  u32s(...values: readonly number[]): void {
    this.#chunks.push(new Uint8Array(Uint32Array.from(values).buffer));
  }
  list(values: readonly number[]): void {
    this.u32s(values.length, ...values);
  }
  floats(values: readonly number[]): void {
    this.u32s(values.length);
    this.#chunks.push(new Uint8Array(Float32Array.from(values).buffer));
  }
  run(bytes: Uint8Array): void {
    this.u32s(bytes.byteLength);
    this.#chunks.push(bytes, new Uint8Array((4 - (bytes.byteLength % 4)) % 4));
  }
  text(text: string): void {
    this.run(new TextEncoder().encode(text));
  }
  bytes(): Uint8Array {
    return joined(this.#chunks);
  }
}

const writeTensor = (
  to: Writer,
  { index, type, constant, variable, shape, quantization, name, data }: Tensor,
): void => {
  to.u32s(index, apiNumber(type), (constant ? 1 : 0) | (variable ? 2 : 0));
  to.list(shape);
  to.floats(quantization?.scales ?? []);
  to.list(quantization?.zeroPoints ?? []);
  to.u32s(quantization?.axis ?? 0);
  to.text(name);
  to.run(data !== null && carriedTypes.includes(type) ? data : new Uint8Array());
};

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;

const writeNode = (to: Writer, { index, op, version, inputs, outputs, params }: Node): void => {
  to.u32s(
    index,
    operatorNames.findIndex((name) => name === op),
    version,
  );
  to.text('');
  to.list(inputs);
  to.list(outputs);
  to.list(optionFields(op).map(([name, { kind }]) => (kind === 'f32' ? bitsOf : Number)(params[name] ?? 0)));
};

/** @param nodes nodes of built-in operators, in the order of the graph, and nothing else of it */
export const messageOf = (graph: Graph, nodes: readonly Node[]): Uint8Array => {
  const used = new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]));
  const tensors = [...graph.tensors.values()].filter(({ index }) => used.has(index)).sort((a, b) => a.index - b.index);
  const to = new Writer();
  to.u32s(messageMagic, messageVersion, 0, tensors.length);
  for (const tensor of tensors) writeTensor(to, tensor);
  to.u32s(nodes.length);
  for (const node of nodes) writeNode(to, node);
  return to.bytes();
};
