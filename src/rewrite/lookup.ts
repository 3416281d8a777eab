/** Nodes that give each code of a tensor another code, as one look-up. */
import type { Node } from '../graph/graph.js';
import type { ByteTensor } from '../graph/tensor.js';
import type { CodeMap } from '../tflite/activation_tables.js';
import { codesConstant } from './new_constant.js';
import type { NewConstant, Replacement } from './rewrite.js';

/** A function of codes, each as its tensor stores it, as a table: the smallest code first. */
export const tableOf = (map: CodeMap, from: ByteTensor['type'], to: ByteTensor['type']): NewConstant => {
  const least = from === 'int8' ? -128 : 0;
  const codes = Array.from({ length: 256 }, (_, i) => map(least + i));
  return codesConstant('table', to, codes);
};

/** @param map from codes of the input to those of the output, each as its tensor stores it */
export const lookupOf = (input: ByteTensor, output: ByteTensor, map: CodeMap, nodes: readonly Node[]): Replacement => {
  return { op: 'LOOKUP_TABLE', inputs: [input.index, tableOf(map, input.type, output.type)], params: {}, nodes };
};
