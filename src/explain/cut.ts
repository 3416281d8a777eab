/**
 * Some nodes of a .tflite file as a file of their own: what they read of other nodes becomes its inputs, what others (or the
 * model) read of them its outputs.
 */
import { PtfeError } from '../error.js';
import { partOf } from '../partition/split.js';
import { readTflite } from '../tflite/reader.js';
import { writeModel } from './copy_model.js';

/**
 * @param first number of the first node
 * @param last number of the last node, itself included
 * @throws PtfeError `bad-model` where the file is damaged or has no such nodes
 */
export const cutTflite = (bytes: Uint8Array, first: number, last: number): Uint8Array => {
  const { graph, outputs } = readTflite(bytes);
  const nodes = graph.nodes.filter(({ index }) => index >= first && index <= last);
  if (nodes.length === 0 || last >= graph.nodes.length)
    throw new PtfeError('bad-model', `node ${first}..${last}`, `the model has nodes 0 to ${graph.nodes.length - 1}`);
  const part = partOf(graph, nodes, outputs);
  const [numbers, description] = [nodes.map(({ index }) => index), `nodes ${first} to ${last}, cut by ptfe`];
  return writeModel(bytes, { nodes: numbers, inputs: part.inputs, outputs: part.outputs, description });
};
