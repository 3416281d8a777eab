/** What FULLY_CONNECTED is on the NPU, whatever it takes its row from: a convolution. */
import { kernelText, kernelWrong, mostProducts } from '../hardware/capability.js';
import { coveredBy, elementCount, type Tensor } from '../graph/graph.js';
import { fullyConnectedRounding } from '../graph/numerics.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import type { FreshIds } from '../ir/build/arrange.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { ConvGeometry, Operation } from '../ir/operation.js';
import { shownConvStages } from '../ir/operation_stages.js';
import { convolutionOf } from './convolution.js';
import { fusedActivation } from './shared/activation.js';
import { maps, oneType, rows } from './shared/common_rules.js';
import { channelAxis, type FilterForm, filterNumbers } from './shared/conv_numbers.js';
import {
  filterConstants,
  type Filtered,
  filtered,
  type FilterQuantization,
  filterQuantization,
  inputFirst,
  type Kernels,
} from './shared/filter.js';
import { anyNode, formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import type { OpContext, OpDefinition } from './shared/rule.js';

interface Dimensions extends Kernels {
  readonly rows: number;
  readonly depth: number;
}

export type Dense = OpContext & Filtered & Dimensions;

const dimensions: Narrowing<OpContext & Filtered, Dimensions> = {
  name: 'filter',
  text: 'a filter of two dimensions in the plain format, whose second one divides the input into rows',
  narrow: ({ node, input, filter, output }) => {
    const [outputChannels, depth, ...more] = filter.shape;
    const weightsFormat = optionOf(node, 'weightsFormat');
    if (outputChannels === undefined || depth === undefined || more.length > 0 || weightsFormat !== 0)
      return `a filter of shape ${shapeText(filter.shape)}, format ${weightsFormat}`;
    const count = elementCount(input.shape) / depth;
    return Number.isInteger(count) && count * outputChannels === elementCount(output.shape)
      ? { rows: count, outputChannels, depth }
      : `input ${shapeText(input.shape)} to output ${shapeText(output.shape)}`;
  },
};

/** Where TFLite rounds twice it takes the product of scales that the uint8 convolutions take, but for a scale for each channel. */
const filterForm = ({ graph, filterScales }: OpContext & FilterQuantization): FilterForm => {
  const rounding = fullyConnectedRounding(graph.numerics);
  return { depthwise: false, product: filterScales.length > 1 || rounding === 'once' ? 'int8' : 'uint8', rounding };
};

/** One kernel over a whole map. */
export const wholeMap = (input: Tensor, units: number): ConvGeometry => {
  const [height, width, channels] = planeOf(input);
  const plain = plainGeometry([height, width, channels], units);
  return { ...plain, outputHeight: 1, outputWidth: 1, kernelHeight: height, kernelWidth: width };
};

const matcherOf = (geometryOf: (known: Dense) => ConvGeometry | null) =>
  anyNode
    .narrow(filtered(inputFirst, oneType(maps(0, 1))))
    .check(rows(maps(0)))
    .narrow(dimensions)
    .narrow(filterConstants)
    .narrow(filterQuantization(channelAxis(false)))
    .narrow({
      name: 'kernel',
      text: (chip) => `rows of the filter's depth, or one map with a kernel of its size; ${kernelText(chip)}`,
      narrow: (known: Dense) => {
        const geometry = geometryOf(known);
        if (geometry !== null) return kernelWrong(known.chip, geometry, false) ?? { geometry };
        return known.depth > mostProducts(known.chip)
          ? `${known.depth} products for one output value`
          : 'a map larger than a kernel';
      },
    })
    .narrow(fusedActivation)
    .narrow(filterNumbers(filterForm))
    .check({
      name: 'trust',
      text: 'with trust=seen: a form that boards or a shipped compiler have shown and that stays within 1 LSB of TFLite',
      broken: ({ trust, lowered }) =>
        trust !== 'seen' || shownConvStages(lowered.numbers) !== null ? null : 'no such form for these scales',
    });

/** The same values as one row of pixels. */
const asRow = (
  tensor: Tensor,
  [width, channels]: readonly [number, number],
  nodes: readonly number[],
  fresh: FreshIds,
): { readonly index: number; readonly views: readonly Operation[] } => {
  const [height, own] = planeOf(tensor);
  if (height === 1 && own === width) return { index: tensor.index, views: [] };
  const output = fresh.next();
  const shape = [1, width, channels] as const;
  return {
    index: output,
    views: [{ kind: 'view', nodes, output, whole: tensor.index, shape, channel: 0, first: 0, line: width }],
  };
};

/** @param geometryOf null where neither rows nor a whole map fit a kernel */
export const denseOp = (op: string, geometryOf: (known: Dense) => ConvGeometry | null): OpDefinition => ({
  op,
  ...formOf(matcherOf(geometryOf), ({ node, input, output, geometry, lowered }, fresh) => {
    const nodes = coveredBy(node);
    const { inputWidth, inputChannels, outputWidth, outputChannels } = geometry;
    const isMap = geometry.kernelHeight * geometry.kernelWidth > 1;
    const from = isMap ? { index: input.index, views: [] } : asRow(input, [inputWidth, inputChannels], nodes, fresh);
    const to = asRow(output, [outputWidth, outputChannels], nodes, fresh);
    return [
      ...from.views,
      ...to.views,
      ...convolutionOf({ nodes, input: from.index, output: to.index, depthwise: false, geometry }, lowered),
    ];
  }),
});
