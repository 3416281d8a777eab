/** RESHAPEs that rewrites look through. */
import { elementCount, type Node, type Tensor } from '../graph/graph.js';
import type { GraphIndex } from './rewrite.js';
import { haveSameCodes } from './same_codes.js';

/** The map that a RESHAPE gives another shape; null for another node, and where the shape is known only when it runs. */
export const reshapedMap = (index: GraphIndex, node: Node | null): Tensor | null => {
  if (node?.op !== 'RESHAPE' || index.tensor(node.inputs[1])?.constant === false) return null;
  const [map, result] = [index.tensor(node.inputs[0]), index.tensor(node.outputs[0])];
  if (map === null || result === null || !haveSameCodes([map, result])) return null;
  return elementCount(map.shape) === elementCount(result.shape) ? map : null;
};
