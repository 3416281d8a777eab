/**
 * Cuts the supported nodes into parts that run in one go, for models that come without TFLite (which partitions by
 * itself): nodes are taken in execution order, and a part ends where a refused node stands between two of its nodes.
 */
import type { Graph, Node, Part } from '../model/graph.js';

/** Nodes with what they take from others and what others, or the model, take from them. */
export const partOf = (graph: Graph, nodes: readonly Node[], outputs: readonly number[]): Part => {
  const inside = new Set(nodes.map(({ index }) => index));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const isValue = (tensor: number): boolean => tensor !== -1 && graph.tensors.get(tensor)?.constant === false;
  const usedOutside = new Set(graph.nodes.filter(({ index }) => !inside.has(index)).flatMap((node) => node.inputs));
  return {
    nodes: nodes.map(({ index }) => index),
    inputs: [...new Set(nodes.flatMap((node) => node.inputs))].filter((tensor) => isValue(tensor) && !made.has(tensor)),
    outputs: [...made].filter((tensor) => usedOutside.has(tensor) || outputs.includes(tensor)),
  };
};

/**
 * Each node gets the number of the earliest round in which it can run: rounds alternate between CPU and NPU, as TFLite's
 * own partitioning does.
 */
export const splitParts = (
  graph: Graph,
  supported: ReadonlySet<number>,
  outputs: readonly number[],
): readonly Part[] => {
  const roundOfTensor = new Map<number, number>();
  const rounds = new Map<number, Node[]>();
  for (const node of graph.nodes) {
    const wanted = supported.has(node.index) ? 1 : 0;
    const earliest = Math.max(0, ...node.inputs.map((tensor) => roundOfTensor.get(tensor) ?? 0));
    const round = earliest % 2 === wanted ? earliest : earliest + 1;
    for (const tensor of node.outputs) roundOfTensor.set(tensor, round);
    rounds.set(round, [...(rounds.get(round) ?? []), node]);
  }
  return [...rounds]
    .filter(([round]) => round % 2 === 1)
    .sort(([a], [b]) => a - b)
    .map(([, nodes]) => partOf(graph, nodes, outputs));
};
