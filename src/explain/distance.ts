/** How far two tensors of bytes are apart. */
import { uint8At } from '../in_range.js';
import type { Graph } from '../graph/graph.js';

export interface Distance {
  readonly values: number;
  readonly differing: number;
  /** In counts. */
  readonly largest: number;
}

export const distance = (graph: Graph, tensor: number, expected: Uint8Array, got: Uint8Array): Distance => {
  if (expected.length !== got.length)
    throw new Error(`tensor ${tensor}: ${got.length} bytes, where TFLite has ${expected.length}`);
  const flip = graph.tensors.get(tensor)?.type === 'int8' ? 0x80 : 0;
  let [differing, largest] = [0, 0];
  for (const [i, byte] of expected.entries()) {
    const apart = Math.abs((byte ^ flip) - (uint8At(got, i) ^ flip));
    if (apart > 0) differing++;
    if (apart > largest) largest = apart;
  }
  return { values: expected.length, differing, largest };
};
