/** Nodes of a graph by the reference, as far as it knows their ops. */
import type { Graph, Node } from '../../graph/graph.js';
import { add } from './add.js';
import { average } from './average.js';
import { convolve } from './convolution.js';
import { addLayer, averageLayer, convolutionLayer } from './layer.js';

/** Bytes of tensors by index. */
export type Values = ReadonlyMap<number, Uint8Array>;

/** The node's output; null where an input is not known or the op is not among those of this room. */
export const evaluateNode = (graph: Graph, node: Node, values: Values): Uint8Array | null => {
  const [first, second] = node.inputs.map((index) => values.get(index));
  if (first === undefined) return null;
  if (node.op === 'RESHAPE') return first;
  const convolution = convolutionLayer(graph, node);
  if (convolution !== null) return convolve(convolution, first);
  const pool = averageLayer(graph, node);
  if (pool !== null) return average(pool, first);
  const sum = addLayer(graph, node);
  return sum === null || second === undefined ? null : add(sum, first, second);
};

/** All tensors that can be computed from some, node by node in execution order; those given are kept. */
export const evaluate = (graph: Graph, inputs: Values): Values => {
  const values = new Map(inputs);
  for (const node of graph.nodes) {
    const output = node.outputs[0];
    if (output === undefined || values.has(output)) continue;
    const bytes = evaluateNode(graph, node, values);
    if (bytes !== null) values.set(output, bytes);
  }
  return values;
};
