/** What TFLite's kernels need for nodes that the CPU keeps: one big core, rough. */
import { elementCount, type Graph, type Node, type Part, tensorAt } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';

/** Values of a tensor. */
export const sizeOf = (graph: Graph, tensor: number): number => elementCount(graph.tensors.get(tensor)?.shape ?? []);

/** Multiply-accumulates of a node: every op with weights uses each of them once for each place or row of the output. */
export const macsOf = (graph: Graph, node: Node): number => {
  const weights = node.inputs[1];
  if (weights === undefined || !['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV'].includes(node.op))
    return 0;
  const output = tensorAt(graph, node.outputs[0])?.shape ?? [];
  return sizeOf(graph, weights) * elementCount(output.slice(0, -1));
};

export const valuesOf = (graph: Graph, { outputs }: Node): number =>
  outputs.reduce((total, tensor) => total + sizeOf(graph, tensor), 0);

/** Values that a pooling op reads for each one that it writes. */
const windowOf = ({ params: { filterH = 1, filterW = 1 } }: Node): number => filterH * filterW;

/** Microseconds. */
export const cpuMicroseconds = ({ host }: Chip, graph: Graph, node: Node): number =>
  macsOf(graph, node) / host.macs + (valuesOf(graph, node) * windowOf(node)) / host.values;

/** All of a part on the CPU. Microseconds. */
export const partMicroseconds = (chip: Chip, graph: Graph, part: Part): number => {
  const inside = new Set(part.nodes);
  return graph.nodes
    .filter(({ index }) => inside.has(index))
    .reduce((sum, node) => sum + cpuMicroseconds(chip, graph, node), 0);
};
