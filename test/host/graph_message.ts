import { readTflite } from '../../src/tflite/reader.js';
import { messageOf } from '../../src/wire/write_message.js';

/** The message that `delegate/graph/capture.c` would write of a .tflite file's graph. */
export function graphMessage(tflite: Uint8Array): Uint8Array {
  const { graph } = readTflite(tflite);
  return messageOf(graph, graph.nodes, { trust: 'inferred' });
}
