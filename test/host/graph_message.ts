import { operatorNames, optionFields } from '../../src/tflite/operators.js';
import { readTflite } from '../../src/tflite/reader.js';
import { apiNumber } from '../../src/tflite/types.js';

/** The message that `delegate/graph/capture.c` would write of a .tflite file's graph (ARCHITECTURE.md). */
export function graphMessage(tflite: Uint8Array): Uint8Array {
  const chunks: Uint8Array[] = [];
  const words = (...values: readonly number[]): void =>
    void chunks.push(new Uint8Array(Int32Array.from(values, (value) => value | 0).buffer));
  const run = (bytes: Uint8Array): void => {
    words(bytes.length);
    chunks.push(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4));
  };
  const text = (value: string): void => run(new TextEncoder().encode(value));
  const { graph } = readTflite(tflite);
  words(0x47465450, 1, 1);
  text('trust');
  text('inferred');
  words(graph.tensors.size);
  for (const tensor of graph.tensors.values()) {
    const { scales = [], zeroPoints = [], axis = 0 } = tensor.quantization ?? {};
    words(tensor.index, apiNumber(tensor.type), tensor.constant ? 1 : 0, tensor.shape.length, ...tensor.shape);
    words(scales.length);
    chunks.push(new Uint8Array(Float32Array.from(scales).buffer));
    words(zeroPoints.length, ...zeroPoints, axis);
    text(tensor.name);
    run(tensor.data ?? new Uint8Array());
  }
  words(graph.nodes.length);
  for (const node of graph.nodes) {
    words(
      node.index,
      operatorNames.findIndex((name) => name === node.op),
      node.version,
    );
    text('');
    words(node.inputs.length, ...node.inputs, node.outputs.length, ...node.outputs);
    // A real number goes over as its float32 bits.
    const values = optionFields(node.op).map(([name, { kind }]) => {
      const value = node.params[name] ?? 0;
      return kind === 'f32' ? (new Int32Array(Float32Array.of(value).buffer)[0] ?? 0) : value;
    });
    words(values.length, ...values);
  }
  return Uint8Array.from(Buffer.concat(chunks));
}
