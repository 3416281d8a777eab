/** Nodes that give each code of a tensor another code, as one look-up. */
import type { Node } from '../graph/graph.js';
import type { ByteTensor } from '../graph/tensor.js';
import type { CodeMap } from '../tflite/activation_tables.js';
import { codesConstant } from './new_constant.js';
import type { Replacement } from './rewrite.js';

/** @param map from codes of the input to those of the output, each as its tensor stores it */
export const lookupOf = (input: ByteTensor, output: ByteTensor, map: CodeMap, nodes: readonly Node[]): Replacement => {
  const least = input.type === 'int8' ? -128 : 0;
  const codes = Array.from({ length: 256 }, (_, i) => map(least + i));
  return { op: 'LOOKUP_TABLE', inputs: [input.index, codesConstant('table', output.type, codes)], params: {}, nodes };
};
