/** Which axes are renamed: where the NPU takes all nodes that are told other ones, and something is won by it. */
import type { Graph } from '../graph/graph.js';
import { isBorderTranspose } from '../ops/transpose.js';
import { type Renamed, type Renaming, rename, renamingsOf } from './rename.js';
import type { Npu } from './rewrite.js';

/** @param plain tensors that must keep the order of their shape */
export const renamedAxes = (graph: Graph, npu: Npu, plain: ReadonlySet<number>): Renamed => {
  const refuses = (judged: Graph, index: number): boolean =>
    judged.nodes.some((node) => node.index === index && npu.refusalOf(judged, node) !== null);
  const isNeeded = (renaming: Renaming): boolean => {
    const source = graph.nodes.find(({ index }) => index === renaming.nodes[0]);
    // The host does that by the way.
    if (source === undefined || isBorderTranspose({ graph, node: source })) return false;
    // A tensor that the host cannot lay out may be a result of the graph, which is known only when partitions are compiled.
    const isSafe = ![...rename(graph, [renaming]).layouts.values()].includes(null);
    return isSafe || renaming.nodes.some((index) => refuses(graph, index));
  };
  const isFree = ({ orders, flattened }: Renaming): boolean =>
    [...orders.keys(), ...flattened].every((tensor) => !plain.has(tensor));
  let wanted = renamingsOf(npu.chip, graph).filter((renaming) => isFree(renaming) && isNeeded(renaming));
  for (;;) {
    const renamed = rename(graph, wanted);
    const taken = wanted.filter(({ nodes }) => nodes.every((index) => !refuses(renamed.graph, index)));
    if (taken.length === wanted.length) return renamed;
    wanted = taken;
  }
};
