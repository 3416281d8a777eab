/** Values in another order, one by one, on the host: what no small number of moves of whole atoms can do. */
import { elementCount } from '../graph/graph.js';
import { shapeText } from '../graph/tensor.js';
import type { Chip } from '../hardware/chips.js';
import type { HostOperation, PermuteKernel } from '../ir/operation.js';
import { permuteRank } from '../wire/host_tables.js';
import type { Check } from './shared/match.js';
import { formOf, type Narrowing } from './shared/match.js';
import type { HostDefinition, OpContext } from './shared/rule.js';
import { type ByteMaps, type PlaneMaps, rowMaps, sameCodeMaps } from './shared/unary.js';

type HostMap = Pick<HostOperation, 'type' | 'zeroPoint'>;

/** Between the feature maps `input` and `output`, both of one type and quantization. */
export const permuted = (
  nodes: readonly number[],
  { type, zeroPoint }: HostMap,
  input: number,
  output: number,
  kernel: PermuteKernel,
): HostOperation => ({ kind: 'host', nodes, input, output, type, zeroPoint, kernel });

export const permuteFact = ({ atoms }: Chip): string =>
  `the NPU moves atoms of ${atoms.channels} channels, not single values between channels and pixels`;

type Maps = OpContext & ByteMaps & PlaneMaps;

/**
 * @param kernelOf null where the node is no permutation of at most six dimensions
 * @param more rules of the op that hold for the host too
 */
export const permuteHost = (
  kernelOf: (known: Maps) => PermuteKernel | null,
  more: readonly Check<Maps>[] = [],
): HostDefinition => {
  const order: Narrowing<Maps, { readonly kernel: PermuteKernel }> = {
    name: 'order',
    text: `a constant order of at most ${permuteRank} dimensions`,
    narrow: (known) => {
      const { input, output } = known;
      const kernel = kernelOf(known);
      const size = elementCount(input.shape);
      return kernel !== null && elementCount(kernel.shape) === size && elementCount(output.shape) === size
        ? { kernel }
        : `${shapeText(input.shape)} to ${shapeText(output.shape)}`;
    },
  };
  return {
    fact: permuteFact,
    ...formOf(
      sameCodeMaps(rowMaps)
        .check(...more)
        .narrow(order),
      ({ node, input, output, outputQuantization, kernel }) => {
        const map = { type: output.type, zeroPoint: outputQuantization.zeroPoint };
        return [permuted([node.index], map, input.index, output.index, kernel)];
      },
    ),
  };
};
