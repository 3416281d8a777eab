/**
 * What must run before what, as a model's metadata say (`model_control_dependencies`): the version, 1, and for each subgraph
 * its pairs of nodes. Numbers are varints of 7 bits a byte, lists have their length in front, nodes are zigzag-coded.
 */
import type { ControlEdge } from './graph.js';

export const controlEdgesName = 'model_control_dependencies';

const knownVersion = 1;

/** @returns the edges of each subgraph; null for data that TFLite takes no notice of */
export const readControlEdges = (data: Uint8Array, subgraphs: number): readonly (readonly ControlEdge[])[] | null => {
  let at = 0;
  const unsigned = (): number => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = data[at++];
      if (byte === undefined) return NaN;
      value += (byte & 127) * place;
      if (byte < 128) return value % 2 ** 32;
    }
  };
  const node = (): number => {
    const code = unsigned();
    return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  };
  const list = <T>(count: number, read: () => T): readonly T[] | null =>
    count <= data.byteLength - at ? Array.from({ length: count }, read) : null;
  if (unsigned() !== knownVersion) return null;
  const all = list(unsigned(), () => list(unsigned(), (): ControlEdge => [node(), node()]));
  const edges = all?.flatMap((one) => (one === null ? [] : [one]));
  const isWhole = at === data.byteLength && edges?.length === subgraphs && edges.flat(2).every(Number.isInteger);
  return isWhole ? edges : null;
};
