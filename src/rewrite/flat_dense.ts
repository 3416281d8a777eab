/** FULLY_CONNECTED of a map that a RESHAPE flattens to one row: a kernel as large as the map takes it as it is. */
import { elementCount } from '../graph/graph.js';
import { planeOf } from '../graph/tensor.js';
import { reshapedMap } from './reshapes.js';
import type { Rewrite } from './rewrite.js';

export const flatDense: Rewrite = {
  text: 'RESHAPE to one row, FULLY_CONNECTED: a convolution whose kernel is the whole map',
  ops: ['FULLY_CONNECTED'],
  match: (index, node) => {
    const reshape = index.producerOf(node.inputs[0]);
    const map = reshapedMap(index, reshape);
    const [row, depth] = [index.tensor(node.inputs[0]), index.tensor(node.inputs[1])?.shape[1]];
    if (reshape === null || map === null || row === null || elementCount(row.shape) !== depth) return null;
    // A map of one pixel is a row already.
    if (map.shape.slice(0, -3).some((dim) => dim !== 1) || planeOf(map)[2] === depth) return null;
    return {
      op: 'FLAT_FULLY_CONNECTED',
      inputs: [map.index, ...node.inputs.slice(1)],
      params: node.params,
      nodes: [node, reshape],
      sameBytes: new Map([[row.index, map.index]]),
    };
  },
};
