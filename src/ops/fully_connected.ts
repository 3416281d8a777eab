/**
 * FULLY_CONNECTED: a convolution. With one row of input that is a whole feature map, the kernel is as large as the map,
 * so that flattening it costs nothing; else a 1x1 convolution over the rows.
 */
import { kernelText, kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { elementCount, type Tensor } from '../graph/graph.js';
import { fullyConnectedRounding } from '../graph/numerics.js';
import { shownConvStages } from '../ir/operation_stages.js';
import { knownActivation, maps, oneType, rows } from './shared/common_rules.js';
import {
  constantsWrong,
  type FilterForm,
  numbersWrong,
  quantizationWrong,
  weightedNumbers,
} from './shared/conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import type { ConvGeometry, Operation } from '../ir/operation.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, ruledOp, outputOf } from './shared/rule.js';

/** Where TFLite rounds twice it takes the product of scales that the uint8 convolutions take, but for a scale for each channel. */
const formOf = (context: OpContext): FilterForm => {
  const rounding = fullyConnectedRounding(context.graph.numerics);
  const perChannel = (inputOf(context, 1)?.quantization?.scales.length ?? 0) > 1;
  return { depthwise: false, product: perChannel || rounding === 'once' ? 'int8' : 'uint8', rounding };
};

/** The feature map that a RESHAPE flattened to the input's one row. */
const flattened = (context: OpContext): Tensor | null => {
  const { graph, node } = context;
  const reshape = graph.nodes.find(({ op, outputs }) => op === 'RESHAPE' && outputs[0] === node.inputs[0]);
  const map = graph.tensors.get(reshape?.inputs[0] ?? -1) ?? null;
  return map === null || map.constant || map.shape.slice(0, -3).some((dim) => dim !== 1) ? null : map;
};

interface Form {
  readonly input: Tensor;
  readonly geometry: ConvGeometry;
}

/** One kernel over a whole map, if it may be that large. */
const wholeMap = (chip: Chip, input: Tensor, units: number): Form | null => {
  const [height, width, channels] = planeOf(input);
  const plain = plainGeometry([height, width, channels], units);
  const geometry = { ...plain, outputHeight: 1, outputWidth: 1, kernelHeight: height, kernelWidth: width };
  return kernelWrong(chip, geometry, false) === null ? { input, geometry } : null;
};

const shapesOf = (context: OpContext): { readonly rows: number; readonly units: number; readonly depth: number } => {
  const [units = 0, depth = 0] = inputOf(context, 1)?.shape ?? [];
  return { units, depth, rows: elementCount(inputOf(context, 0)?.shape ?? []) / depth };
};

const formIn = (context: OpContext): Form | null => {
  const input = inputOf(context, 0);
  const { rows, units, depth } = shapesOf(context);
  if (input === null) return null;
  if (rows === 1) {
    const map = flattened(context);
    const before = map === null || planeOf(map)[2] === depth ? null : wholeMap(context.chip, map, units);
    if (before !== null) return before;
  }
  if (input.shape.at(-1) === depth) return { input, geometry: plainGeometry([1, rows, depth], units) };
  return rows === 1 ? wholeMap(context.chip, input, units) : null;
};

/** The map that the op takes in place of its flattened form, for the RESHAPE that makes that; null if it takes none. */
export const takesInstead = (context: OpContext): number | null => {
  const form = formIn(context);
  return form === null || form.input.index === context.node.inputs[0] ? null : form.input.index;
};

export const fullyConnected = ruledOp({
  op: 'FULLY_CONNECTED',
  rules: [
    oneType((context) => [inputOf(context, 0), inputOf(context, 1), outputOf(context)]),
    rows(maps(0)),
    {
      name: 'filter',
      text: 'a filter of two dimensions in the plain format, whose second one divides the input into rows',
      broken: (context) => {
        const [input, filter, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
        if (filter?.shape.length !== 2 || (context.node.params['weightsFormat'] ?? 0) !== 0)
          return `a filter of shape ${shapeText(filter?.shape ?? [])}, format ${context.node.params['weightsFormat'] ?? 0}`;
        const { rows, units } = shapesOf(context);
        return Number.isInteger(rows) && rows * units === elementCount(output?.shape ?? [])
          ? null
          : `input ${shapeText(input?.shape ?? [])} to output ${shapeText(output?.shape ?? [])}`;
      },
    },
    {
      name: 'constants',
      text: 'filter constant; bias absent or a constant int32 vector',
      broken: (context) => constantsWrong(context, formOf(context)),
    },
    {
      name: 'quantization',
      text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero points 0',
      broken: (context) => quantizationWrong(context, formOf(context)),
    },
    {
      name: 'kernel',
      text: (chip) => `rows of the filter's depth, or one map with a kernel of its size; ${kernelText(chip)}`,
      broken: (context) => {
        const form = formIn(context);
        const { depth } = shapesOf(context);
        if (form === null)
          return depth > context.chip.limits.contraction
            ? `${depth} products for one output value`
            : 'a map larger than a kernel';
        return kernelWrong(context.chip, form.geometry, false);
      },
    },
    knownActivation,
    {
      name: 'numbers',
      text: 'sums within int32, output scale at least 2^-8 of input scale times filter scale',
      broken: (context) => numbersWrong(weightedNumbers(context, formOf(context))),
    },
    {
      name: 'trust',
      text: 'with trust=seen: a form that boards or a shipped compiler have shown and that stays within one count of TFLite',
      broken: (context) => {
        if (context.trust !== 'seen') return null;
        const lowered = weightedNumbers(context, formOf(context));
        return lowered !== null && shownConvStages(lowered.numbers) !== null ? null : 'no such form for these scales';
      },
    },
  ],
  lower: (context) => {
    const { node, spare } = context;
    const [lowered, form, output] = [weightedNumbers(context, formOf(context)), formIn(context), outputOf(context)];
    if (lowered === null || form === null || output === null)
      throw new Error(`FULLY_CONNECTED #${node.index}: lowered against its rules`);
    const { geometry: g } = form;
    const nodes = [node.index];
    const rows = (whole: Tensor, index: number, width: number, channels: number): readonly Operation[] => [
      {
        kind: 'view',
        nodes,
        output: index,
        whole: whole.index,
        shape: [1, width, channels],
        channel: 0,
        first: 0,
        line: width,
      },
    ];
    const flat = (tensor: Tensor, width: number): boolean => planeOf(tensor)[0] === 1 && planeOf(tensor)[1] === width;
    const viewsInput = g.kernelHeight * g.kernelWidth === 1 && !flat(form.input, g.inputWidth);
    const viewsOutput = !flat(output, g.outputWidth);
    return [
      ...(viewsInput ? rows(form.input, spare, g.inputWidth, g.inputChannels) : []),
      ...(viewsOutput ? rows(output, spare + 1, g.outputWidth, g.outputChannels) : []),
      ...convolutionOf(
        {
          nodes,
          input: viewsInput ? spare : form.input.index,
          output: viewsOutput ? spare + 1 : output.index,
          depthwise: false,
          geometry: g,
        },
        lowered,
      ),
    ];
  },
});
