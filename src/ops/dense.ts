/** What FULLY_CONNECTED is on the NPU, whatever it takes its row from: a convolution. */
import { kernelText, kernelWrong, mostProducts } from '../hardware/capability.js';
import { coveredBy, elementCount, type Tensor } from '../graph/graph.js';
import { fullyConnectedRounding } from '../graph/numerics.js';
import { type ByteTensor, isByteTensor, planeOf, shapeText } from '../graph/tensor.js';
import type { Spare } from '../ir/build/arrange.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { ConvGeometry, Operation } from '../ir/operation.js';
import { shownConvStages } from '../ir/operation_stages.js';
import { convolutionOf } from './convolution.js';
import { type FeatureMaps, knownActivation, maps, oneType, rows } from './shared/common_rules.js';
import {
  constantsWrong,
  type FilterForm,
  type Lowered,
  numbersWrong,
  quantizationWrong,
  weightedNumbers,
} from './shared/conv_numbers.js';
import { anyNode, formOf, type Narrowing, established } from './shared/match.js';
import { optionOf } from './shared/options.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

interface Filtered {
  readonly input: ByteTensor;
  readonly filter: ByteTensor;
  readonly output: ByteTensor;
}

interface Dimensions {
  readonly rows: number;
  readonly units: number;
  readonly depth: number;
}

export type Dense = OpContext & Filtered & Dimensions;

const filtered: FeatureMaps = (context) => [inputOf(context, 0), inputOf(context, 1), outputOf(context)];

const types = established(oneType(filtered), (context: OpContext): Filtered | null => {
  const [input, filter, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  return isByteTensor(input) && isByteTensor(filter) && isByteTensor(output) ? { input, filter, output } : null;
});

const dimensions: Narrowing<OpContext & Filtered, Dimensions> = {
  name: 'filter',
  text: 'a filter of two dimensions in the plain format, whose second one divides the input into rows',
  narrow: ({ node, input, filter, output }) => {
    const [units, depth, ...more] = filter.shape;
    const weightsFormat = optionOf(node, 'weightsFormat');
    if (units === undefined || depth === undefined || more.length > 0 || weightsFormat !== 0)
      return `a filter of shape ${shapeText(filter.shape)}, format ${weightsFormat}`;
    const count = elementCount(input.shape) / depth;
    return Number.isInteger(count) && count * units === elementCount(output.shape)
      ? { rows: count, units, depth }
      : `input ${shapeText(input.shape)} to output ${shapeText(output.shape)}`;
  },
};

/** Where TFLite rounds twice it takes the product of scales that the uint8 convolutions take, but for a scale for each channel. */
const filterForm = ({ graph, filter }: OpContext & Filtered): FilterForm => {
  const rounding = fullyConnectedRounding(graph.numerics);
  const scales = filter.quantization?.scales ?? [];
  return { depthwise: false, product: scales.length > 1 || rounding === 'once' ? 'int8' : 'uint8', rounding };
};

/** One kernel over a whole map. */
export const wholeMap = (input: Tensor, units: number): ConvGeometry => {
  const [height, width, channels] = planeOf(input);
  const plain = plainGeometry([height, width, channels], units);
  return { ...plain, outputHeight: 1, outputWidth: 1, kernelHeight: height, kernelWidth: width };
};

const numbers: Narrowing<Dense, { readonly lowered: Lowered }> = {
  name: 'numbers',
  text: 'sums within int32, output scale at least 2^-8 of input scale times filter scale',
  narrow: (known) => {
    const lowered = weightedNumbers(known, filterForm(known));
    return lowered === null ? 'tensors missing' : (numbersWrong(lowered) ?? { lowered });
  },
};

const matcherOf = (geometryOf: (known: Dense) => ConvGeometry | null) =>
  anyNode
    .narrow(types)
    .check(rows(maps(0)))
    .narrow(dimensions)
    .check(
      {
        name: 'constants',
        text: 'filter constant; bias absent or a constant int32 vector',
        broken: (known) => constantsWrong(known, filterForm(known)),
      },
      {
        name: 'quantization',
        text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero-points 0',
        broken: (known) => quantizationWrong(known, filterForm(known)),
      },
    )
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
    .check(knownActivation)
    .narrow(numbers)
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
  fresh: Spare,
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
