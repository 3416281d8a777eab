/** Values in another order, one by one, on the host: what no small number of moves of whole atoms can do. */
import { atoms } from '../hardware/limits.js';
import { elementCount } from '../graph/graph.js';
import { maps, rows, sameCodes } from './shared/common_rules.js';
import type { HostOperation, PermuteKernel } from '../ir/operation.js';
import { isByteTensor, quantizationOf, shapeText } from '../graph/tensor.js';
import { type HostDefinition, inputOf, type OpContext, outputOf, type Rule } from './shared/rule.js';

/** Most dimensions of a permutation. */
export const permuteRank = 6;

/** Between the feature maps `input` and `output`, of the type and quantization of the node's output. */
export const permuted = (context: OpContext, input: number, output: number, kernel: PermuteKernel): HostOperation => {
  const map = outputOf(context);
  if (!isByteTensor(map)) throw new Error(`${context.node.op} #${context.node.index}: lowered against its rules`);
  const { zeroPoint } = quantizationOf(map);
  return { kind: 'host', nodes: [context.node.index], input, output, type: map.type, zeroPoint, kernel };
};

export const permuteFact = `the NPU moves atoms of ${atoms.channels} channels, not single values between channels and pixels`;

/**
 * @param kernelOf null where the node is no permutation of at most six dimensions
 * @param more rules of the op that hold for the host too
 */
export const permuteHost = (
  kernelOf: (context: OpContext) => PermuteKernel | null,
  more: readonly Rule[] = [],
): HostDefinition => ({
  fact: permuteFact,
  rules: [
    ...sameCodes(maps(0), rows),
    ...more,
    {
      name: 'order',
      text: `a constant order of at most ${permuteRank} dimensions`,
      broken: (context) => {
        const [from, to] = [inputOf(context, 0)?.shape ?? [], outputOf(context)?.shape ?? []];
        const kernel = kernelOf(context);
        const size = elementCount(from);
        return kernel !== null && elementCount(kernel.shape) === size && elementCount(to) === size
          ? null
          : `${shapeText(from)} to ${shapeText(to)}`;
      },
    },
  ],
  lower: (context) => {
    const kernel = kernelOf(context);
    const [input = -1, output = -1] = [context.node.inputs[0], context.node.outputs[0]];
    return kernel === null ? [] : [permuted(context, input, output, kernel)];
  },
});
