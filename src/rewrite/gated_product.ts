/**
 * MUL of a feature map and a function of it (x * sigmoid(x), squares): a function of one code, so a table. What makes the
 * function is not needed unless something else reads it.
 */
import type { Node } from '../graph/graph.js';
import { type ByteTensor, shapeText } from '../graph/tensor.js';
import type { Hardware } from '../hardware/machine.js';
import { elu } from '../ops/elu.js';
import { exp } from '../ops/exp.js';
import { hardSwish } from '../ops/hard_swish.js';
import { leakyRelu } from '../ops/leaky_relu.js';
import { definitionOf } from '../ops/index.js';
import { logistic } from '../ops/logistic.js';
import { factors, productOf } from '../ops/mul.js';
import { tableNumbersOf } from '../ops/table.js';
import { tanh } from '../ops/tanh.js';
import { type CodeMap, isDefined } from '../tflite/activation_tables.js';
import { lookupOf } from './lookup.js';
import type { GraphIndex, Rewrite } from './rewrite.js';

const gates = new Map([elu, exp, hardSwish, leakyRelu, logistic, tanh].map((gate) => [gate.op, gate]));

interface Factor {
  /** What the tensor holds for each code of the source. */
  readonly map: CodeMap;
  readonly made: readonly Node[];
}

/** @returns null where the tensor is not made from the source alone, by an op that is known */
const factorOf = (index: GraphIndex, hardware: Hardware, tensor: ByteTensor, source: ByteTensor): Factor | null => {
  if (tensor.index === source.index) return { map: (code) => code, made: [] };
  const node = index.producerOf(tensor.index);
  const gate = gates.get(node?.op ?? '');
  if (node === null || gate === undefined || node.inputs[0] !== source.index) return null;
  const context = { ...hardware, graph: index.graph, node };
  const numbers = tableNumbersOf(context);
  if (numbers === null || definitionOf(node)?.match(context).match == null) return null;
  return { map: gate.mapOf(numbers, context), made: [node] };
};

export const gatedProduct: Rewrite = {
  text: 'MUL of a feature map and a function of it (x * sigmoid(x), squares): a table',
  ops: ['MUL'],
  match: (index, node, hardware) => {
    const matched = factors.run({ ...hardware, graph: index.graph, node });
    if ('wrong' in matched) return null;
    const { known } = matched;
    const { first, second, output } = known;
    for (const source of [first, second]) {
      const [a, b] = [factorOf(index, hardware, first, source), factorOf(index, hardware, second, source)];
      if (a === null || b === null || shapeText(source.shape) !== shapeText(output.shape)) continue;
      const product = productOf(known, a.map, b.map);
      // An integer that TFLite's kernel does not hold.
      if (!isDefined(product, output.type)) return null;
      return lookupOf(source, output, product, [node, ...a.made, ...b.made]);
    }
    return null;
  },
};
