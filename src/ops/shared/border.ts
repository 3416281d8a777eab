/** Nodes at the border of the graph: what they do to the order of bytes, the host can do as it makes or reads cubes. */
import type { NodeContext } from './rule.js';

/** Which of its tensors belongs to TFLite alone: no other node makes or takes it. */
export const borderSide = ({ graph, node }: NodeContext): 'input' | 'output' | null => {
  const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
  const consumers = (tensor: number): number => graph.nodes.filter(({ inputs }) => inputs.includes(tensor)).length;
  const isMade = graph.nodes.some(({ outputs }) => outputs.includes(input));
  if (!isMade && consumers(input) === 1 && graph.tensors.get(input)?.constant === false) return 'input';
  return isMade && consumers(output) === 0 ? 'output' : null;
};
