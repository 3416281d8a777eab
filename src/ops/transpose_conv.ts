/**
 * TRANSPOSE_CONV by 2: a convolution with the kernel backwards over inputs that the hardware puts two places apart. By other
 * strides, which no known program has: the outputs whose places have the same remainder by the stride are a convolution of their own, with every
 * stride-th tap of the kernel, backwards; their results take turns in the output.
 */
import { kernelText, kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { constantInts, type Tensor } from '../graph/graph.js';
import { padding } from '../tflite/operators.js';
import { areaTensor, buffer, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { knownActivation, planes, unseen } from './shared/common_rules.js';
import {
  constantsWrong,
  type FilterForm,
  numbersWrong,
  quantizationWrong,
  weightedNumbers,
} from './shared/conv_numbers.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import { interleave } from '../ir/build/interleave.js';
import type { ConvGeometry, Operation } from '../ir/operation.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, ruledOp, outputOf } from './shared/rule.js';

const largestStride = 4;
const form: FilterForm = { depthwise: false, product: 'as-type' };

/** One axis for the outputs at `phase`, `phase + stride`, ... */
interface Phase {
  /** Taps of the kernel, in the order in which the convolution meets them. */
  readonly taps: readonly number[];
  /** Input pixels before the first tap's; below zero: padding. */
  readonly start: number;
}

/** TFLite's padding is that of the convolution that this one turns round. */
const padOf = (outputs: number, kernel: number, stride: number, mode: number): number => {
  const length = mode === padding.same ? Math.ceil(outputs / stride) : Math.ceil((outputs - kernel + 1) / stride);
  return Math.max(0, Math.floor(((length - 1) * stride + kernel - outputs) / 2));
};

const phaseOf = (phase: number, kernel: number, stride: number, pad: number): Phase => {
  const [first, skipped] = [(phase + pad) % stride, Math.floor((phase + pad) / stride)];
  const taps: number[] = [];
  for (let tap = first; tap < kernel; tap += stride) taps.unshift(tap);
  return { taps, start: skipped - Math.max(0, taps.length - 1) };
};

/** The node as a convolution sees it: input, filter, bias. */
const asConvolution = ({ graph, node, ...rest }: OpContext): OpContext => ({
  ...rest,
  graph,
  node: { ...node, inputs: [node.inputs[2] ?? -1, node.inputs[1] ?? -1, node.inputs[3] ?? -1] },
});

/** The filter with some taps only; a kernel without any weighs one with zero. */
const partOf = (filter: Tensor, rows: readonly number[], columns: readonly number[]): Tensor => {
  const [outputs = 0, , kernelWidth = 0, depth = 0] = filter.shape;
  const shape = [outputs, Math.max(1, rows.length), Math.max(1, columns.length), depth];
  const zero = filter.quantization?.zeroPoints[0] ?? 0;
  const data = new Uint8Array(shape.reduce((product, dim) => product * dim, 1)).fill(zero & 0xff);
  const kernel = (filter.shape[1] ?? 0) * kernelWidth * depth;
  for (let o = 0; o < outputs; o++) {
    rows.forEach((row, y) =>
      columns.forEach((column, x) => {
        const from = o * kernel + (row * kernelWidth + column) * depth;
        const to = ((o * (shape[1] ?? 1) + y) * (shape[2] ?? 1) + x) * depth;
        data.set(filter.data?.subarray(from, from + depth) ?? [], to);
      }),
    );
  }
  return { ...filter, shape, data };
};

interface Part {
  readonly context: OpContext;
  readonly geometry: ConvGeometry;
  /** First row and column of the input that is read. */
  readonly row: number;
  readonly column: number;
}

/** The convolutions by row and column of their places. */
const partsOf = (context: OpContext): readonly (readonly Part[])[] => {
  const conv = asConvolution(context);
  const filter = inputOf(conv, 1);
  const input = planeOf(inputOf(conv, 0));
  const [height, width, channels] = planeOf(outputOf(context));
  const { strideH = 0, strideW = 0, padding: mode = 0 } = context.node.params;
  const [, kernelHeight = 0, kernelWidth = 0] = filter?.shape ?? [];
  if (filter === null) return [];
  const phases = (outputs: number, kernel: number, stride: number): readonly Phase[] =>
    Array.from({ length: stride }, (_, phase) => phaseOf(phase, kernel, stride, padOf(outputs, kernel, stride, mode)));
  return phases(height, kernelHeight, strideH).map((y) =>
    phases(width, kernelWidth, strideW).map((x): Part => {
      const tensors = new Map(context.graph.tensors).set(filter.index, partOf(filter, y.taps, x.taps));
      const [row, column] = [Math.max(0, y.start), Math.max(0, x.start)];
      const read: Plane = [Math.max(1, input[0] - row), Math.max(1, input[1] - column), input[2]];
      const geometry = {
        ...plainGeometry(read, channels),
        outputHeight: height / strideH,
        outputWidth: width / strideW,
        kernelHeight: Math.max(1, y.taps.length),
        kernelWidth: Math.max(1, x.taps.length),
        padTop: Math.max(0, -y.start),
        padLeft: Math.max(0, -x.start),
      };
      return { context: { ...conv, graph: { ...context.graph, tensors } }, geometry, row, column };
    }),
  );
};

/** The stride of the known programs. */
const knownStride = 2;

/** The whole as one convolution, the kernel backwards; null where the hardware has no such form. */
const transposedOf = (context: OpContext): Pick<Part, 'context' | 'geometry'> | null => {
  const conv = asConvolution(context);
  const filter = inputOf(conv, 1);
  const { strideH = 0, strideW = 0, padding: mode = 0 } = context.node.params;
  if (filter === null || context.trust === 'seen' || strideH !== knownStride || strideW !== knownStride) return null;
  const [, kernelHeight = 0, kernelWidth = 0] = filter.shape;
  const input = planeOf(inputOf(conv, 0));
  const [outputHeight, outputWidth, channels] = planeOf(outputOf(context));
  const backwards = (taps: number): readonly number[] => Array.from({ length: taps }, (_, tap) => taps - 1 - tap);
  const flipped = partOf(filter, backwards(kernelHeight), backwards(kernelWidth));
  const geometry: ConvGeometry = {
    ...plainGeometry(input, channels),
    outputHeight,
    outputWidth,
    kernelHeight,
    kernelWidth,
    padTop: kernelHeight - 1 - padOf(outputHeight, kernelHeight, strideH, mode),
    padLeft: kernelWidth - 1 - padOf(outputWidth, kernelWidth, strideW, mode),
    apart: { y: strideH, x: strideW },
  };
  const behind = (outputs: number, pad: number, inputs: number): number =>
    outputs - pad - ((inputs - 1) * knownStride + 1);
  const beyond = Math.max(
    behind(outputHeight, geometry.padTop, input[0]),
    behind(outputWidth, geometry.padLeft, input[1]),
  );
  const pads = [geometry.padTop, geometry.padLeft];
  const most = context.chip.limits.pad;
  if (pads.some((pad) => pad < 0 || pad > most) || beyond >= most) return null;
  if (kernelWrong(context.chip, geometry, false) !== null) return null;
  const tensors = new Map(conv.graph.tensors).set(filter.index, flipped);
  return { context: { ...conv, graph: { ...conv.graph, tensors } }, geometry };
};

/** What a part asks of the hardware beyond its kernel. */
const partWrong = (chip: Chip, { geometry: g, row, column }: Part, input: Plane): string | null => {
  if (row >= input[0] || column >= input[1]) return 'outputs that no input reaches';
  if (Math.max(g.padTop, g.padLeft) > chip.limits.pad) return `padding ${g.padTop}x${g.padLeft}`;
  const beyond = Math.max(g.outputHeight - g.padTop - g.inputHeight, g.outputWidth - g.padLeft - g.inputWidth);
  return beyond >= chip.limits.pad
    ? `an output that goes ${beyond} places beyond the input`
    : kernelWrong(chip, g, false);
};

export const transposeConv = ruledOp({
  op: 'TRANSPOSE_CONV',
  rules: [
    {
      name: 'types',
      text: 'input, filter and output int8, or all three uint8',
      broken: (context) => {
        const types = [inputOf(context, 2), inputOf(context, 1), outputOf(context)].map((tensor) => tensor?.type);
        return types.every((type) => type === types[0]) && (types[0] === 'int8' || types[0] === 'uint8')
          ? null
          : `types ${types.join(', ')}`;
      },
    },
    planes((context) => [inputOf(context, 2), outputOf(context)]),
    {
      name: 'shapes',
      text: `a constant output shape, strides 1 to ${largestStride} that divide it, a filter of as many channels as the input`,
      broken: (context) => {
        const [filter, input, output] = [inputOf(context, 1), planeOf(inputOf(context, 2)), planeOf(outputOf(context))];
        const { strideH = 0, strideW = 0, padding: mode = 0 } = context.node.params;
        if (constantInts(inputOf(context, 0)) === null) return 'an output shape that is not constant';
        if (filter?.shape.length !== 4 || filter.shape[0] !== output[2] || filter.shape[3] !== input[2])
          return `a filter ${shapeText(filter?.shape ?? [])}`;
        const strides = [strideH, strideW].every((stride) => stride >= 1 && stride <= largestStride);
        return strides && output[0] % strideH === 0 && output[1] % strideW === 0 && [1, 2].includes(mode)
          ? null
          : `strides ${strideH}x${strideW} to ${output[0]}x${output[1]}`;
      },
    },
    {
      name: 'constants',
      text: 'filter constant; bias absent or a constant int32 vector',
      broken: (context) => constantsWrong(asConvolution(context), form),
    },
    {
      name: 'quantization',
      text: 'per-tensor input and output; filter per-tensor, or int8 per output channel with zero-points 0',
      broken: (context) => quantizationWrong(asConvolution(context), form),
    },
    {
      name: 'kernel',
      text: (chip) => `for each place between strides: ${kernelText(chip)}; padding of at most ${chip.limits.pad}`,
      broken: (context) => {
        if (transposedOf(context) !== null) return null;
        const input = planeOf(inputOf(context, 2));
        for (const part of partsOf(context).flat()) {
          const wrong = partWrong(context.chip, part, input);
          if (wrong !== null) return wrong;
        }
        return null;
      },
    },
    knownActivation,
    {
      name: 'numbers',
      text: 'sums within int32, output scale at least 2^-8 of input scale times filter scale',
      broken: (context) => numbersWrong(weightedNumbers(asConvolution(context), form)),
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const nodes = [context.node.index];
    const spare = new Spare(context.spare);
    const input = context.node.inputs[2] ?? -1;
    const output = context.node.outputs[0] ?? -1;
    const transposed = transposedOf(context);
    if (transposed !== null) {
      const lowered = weightedNumbers(transposed.context, form);
      if (lowered === null) throw new Error(`TRANSPOSE_CONV #${context.node.index}: lowered against its rules`);
      return convolutionOf({ nodes, input, output, depthwise: false, geometry: transposed.geometry }, lowered);
    }
    const plane = planeOf(inputOf(context, 2));
    const [height, width, channels] = planeOf(outputOf(context));
    const parts = partsOf(context);
    const [rows, columns] = [parts.length, parts[0]?.length ?? 1];
    const each: Plane = [height / rows, width / columns, channels];
    const single = rows * columns === 1;
    const operations: Operation[] = [];
    const made = parts.map((across) =>
      across.map(({ context: own, geometry, row, column }) => {
        const lowered = weightedNumbers(own, form);
        if (lowered === null) throw new Error(`TRANSPOSE_CONV #${context.node.index}: lowered against its rules`);
        const from = areaTensor(
          {
            ...wholeArea(input, plane),
            shape: [geometry.inputHeight, geometry.inputWidth, geometry.inputChannels],
            first: row * plane[1] + column,
          },
          nodes,
          spare,
        );
        const result = single ? null : buffer(nodes, spare.next(), each);
        const target = result?.output ?? output;
        const base = { nodes, input: from.tensor, output: target, depthwise: false, geometry };
        operations.push(...(result === null ? [] : [result]), ...from.views, ...convolutionOf(base, lowered));
        return target;
      }),
    );
    return single ? operations : [...operations, ...interleave(made, each, output, nodes, spare)];
  },
});
