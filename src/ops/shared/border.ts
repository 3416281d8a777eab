/**
 * Nodes at the border of the graph: what they do to the order of bytes, the host can do as it makes or reads cubes. All else that
 * depends on neighbours is a rewrite (`rewrite/`).
 */
import type { NodeContext } from './rule.js';

/** Which of its tensors belongs to TFLite alone: no other node makes or takes it. */
export const borderSide = ({ graph, node }: NodeContext): 'input' | 'output' | null => {
  const [[input], [output]] = [node.inputs, node.outputs];
  if (input === undefined || output === undefined) return null;
  const consumers = (tensor: number): number => graph.nodes.filter(({ inputs }) => inputs.includes(tensor)).length;
  const isMade = graph.nodes.some(({ outputs }) => outputs.includes(input));
  if (!isMade && consumers(input) === 1 && graph.tensors.get(input)?.constant === false) return 'input';
  return isMade && consumers(output) === 0 ? 'output' : null;
};
