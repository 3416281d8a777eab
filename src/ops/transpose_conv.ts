/**
 * TRANSPOSE_CONV by 2: a convolution with the kernel backwards over inputs that the hardware puts two places apart. By other
 * strides, which no known program has: the outputs whose places have the same remainder by the stride are a convolution of their own, with every
 * stride-th tap of the kernel, backwards; their results take turns in the output.
 */
import { kernelText, kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { constantInts } from '../graph/graph.js';
import { padding } from '../tflite/operators.js';
import { areaTensor, buffer, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { fusedActivation } from './shared/activation.js';
import { planes, unseen } from './shared/common_rules.js';
import { channelAxis, type FilterForm, filterNumbers, weightedNumbers } from './shared/conv_numbers.js';
import {
  filterConstants,
  type FilterConstants,
  type Filtered,
  filteredBytes,
  type FilterQuantization,
  filterQuantization,
  type Kernels,
} from './shared/filter.js';
import { type FourDimensions, fourDimensions } from './shared/four_dimensions.js';
import { convolutionOf } from './convolution.js';
import { plainGeometry } from '../ir/build/copy.js';
import { interleave } from '../ir/build/interleave.js';
import type { ConvGeometry, Operation } from '../ir/operation.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { anyNode, formOf, type Known, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

const largestStride = 4;
const filterForm: FilterForm = { depthwise: false, product: 'as-type' };

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

interface Shapes extends Kernels {
  readonly from: Plane;
  readonly to: Plane;
  /** Output channels, height, width, input channels. */
  readonly kernel: FourDimensions;
  readonly strides: readonly [number, number];
  /** What TFLite's padding puts before the first row and column of the convolution that this one turns round. */
  readonly pads: readonly [number, number];
}

const shapesRule: Narrowing<OpContext & Filtered, Shapes> = {
  name: 'shapes',
  text: `a constant output shape, strides 1 to ${largestStride} that divide it, a filter of as many channels as the input`,
  narrow: (known) => {
    const { node, input, filter, output } = known;
    const [from, to, kernel] = [planeOf(input), planeOf(output), fourDimensions(filter)];
    if (constantInts(inputOf(known, 0)) === null) return 'an output shape that is not constant';
    if (kernel === null || kernel[0] !== to[2] || kernel[3] !== from[2]) return `a filter ${shapeText(filter.shape)}`;
    const mode = optionOf(node, 'padding');
    const strides = [optionOf(node, 'strideH'), optionOf(node, 'strideW')] as const;
    const divides = strides.every(
      (stride, i) => stride >= 1 && stride <= largestStride && to[i === 0 ? 0 : 1] % stride === 0,
    );
    if (!divides || (mode !== padding.same && mode !== padding.valid))
      return `strides ${strides[0]}x${strides[1]} to ${to[0]}x${to[1]}`;
    const pads = [padOf(to[0], kernel[1], strides[0], mode), padOf(to[1], kernel[2], strides[1], mode)] as const;
    return { from, to, kernel, outputChannels: kernel[0], strides, pads };
  },
};

type Placed = OpContext & Filtered & Shapes;

/** Taps of the filter that a convolution has. */
interface Taps {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

/** The filter with some taps only; a kernel without any weighs one with zero. */
const weightsOf = (
  { weights, weightZeroPoint, kernel }: Shapes & FilterConstants & FilterQuantization,
  { rows, columns }: Taps,
): Int8Array => {
  const [outputs, kernelHeight, kernelWidth, depth] = kernel;
  const [height, width] = [Math.max(1, rows.length), Math.max(1, columns.length)];
  const picked = new Int8Array(outputs * height * width * depth).fill(weightZeroPoint);
  for (let o = 0; o < outputs; o++) {
    rows.forEach((row, y) =>
      columns.forEach((column, x) => {
        const from = ((o * kernelHeight + row) * kernelWidth + column) * depth;
        picked.set(weights.subarray(from, from + depth), ((o * height + y) * width + x) * depth);
      }),
    );
  }
  return picked;
};

/** A convolution that makes every n-th output, along both axes. */
interface Part {
  readonly taps: Taps;
  readonly geometry: ConvGeometry;
  /** First row and column of the input that is read. */
  readonly row: number;
  readonly column: number;
}

/** The convolutions by row and column of their places. */
const partsOf = ({ from, to, kernel, strides, pads }: Placed): readonly (readonly Part[])[] => {
  const [height, width, channels] = to;
  const phases = (axis: 0 | 1): readonly Phase[] =>
    Array.from({ length: strides[axis] }, (_, phase) =>
      phaseOf(phase, kernel[axis === 0 ? 1 : 2], strides[axis], pads[axis]),
    );
  return phases(0).map((y) =>
    phases(1).map((x): Part => {
      const [row, column] = [Math.max(0, y.start), Math.max(0, x.start)];
      const read: Plane = [Math.max(1, from[0] - row), Math.max(1, from[1] - column), from[2]];
      const geometry = {
        ...plainGeometry(read, channels),
        outputHeight: height / strides[0],
        outputWidth: width / strides[1],
        kernelHeight: Math.max(1, y.taps.length),
        kernelWidth: Math.max(1, x.taps.length),
        padTop: Math.max(0, -y.start),
        padLeft: Math.max(0, -x.start),
      };
      return { taps: { rows: y.taps, columns: x.taps }, geometry, row, column };
    }),
  );
};

/** The stride of the known programs. */
const knownStride = 2;

/** The geometry of the whole as one convolution, the kernel backwards; null where the hardware has no such form. */
const transposedOf = ({ chip, trust, from, to, kernel, strides, pads }: Placed): ConvGeometry | null => {
  if (trust === 'seen' || strides.some((stride) => stride !== knownStride)) return null;
  const [, kernelHeight, kernelWidth] = kernel;
  const [outputHeight, outputWidth, channels] = to;
  const geometry: ConvGeometry = {
    ...plainGeometry(from, channels),
    outputHeight,
    outputWidth,
    kernelHeight,
    kernelWidth,
    padTop: kernelHeight - 1 - pads[0],
    padLeft: kernelWidth - 1 - pads[1],
    apart: { y: strides[0], x: strides[1] },
  };
  const behind = (outputs: number, pad: number, inputs: number): number =>
    outputs - pad - ((inputs - 1) * knownStride + 1);
  const beyond = Math.max(
    behind(outputHeight, geometry.padTop, from[0]),
    behind(outputWidth, geometry.padLeft, from[1]),
  );
  const most = chip.limits.pad;
  if ([geometry.padTop, geometry.padLeft].some((pad) => pad < 0 || pad > most) || beyond >= most) return null;
  return kernelWrong(chip, geometry, false) === null ? geometry : null;
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

/** What the node becomes. */
type Kernel =
  | { readonly kind: 'whole'; readonly geometry: ConvGeometry }
  | { readonly kind: 'phases'; readonly parts: readonly (readonly Part[])[] };

const kernelRule: Narrowing<Placed, { readonly form: Kernel }> = {
  name: 'kernel',
  text: (chip) => `for each place between strides: ${kernelText(chip)}; padding of at most ${chip.limits.pad}`,
  narrow: (known) => {
    const geometry = transposedOf(known);
    if (geometry !== null) return { form: { kind: 'whole', geometry } };
    const parts = partsOf(known);
    for (const part of parts.flat()) {
      const wrong = partWrong(known.chip, part, known.from);
      if (wrong !== null) return wrong;
    }
    return { form: { kind: 'phases', parts } };
  },
};

const matcher = anyNode
  .narrow(filteredBytes({ input: 2, bias: 3 }))
  .check(planes((context) => [inputOf(context, 2), outputOf(context)]))
  .narrow(shapesRule)
  .narrow(filterConstants)
  .narrow(filterQuantization(channelAxis(false)))
  .narrow(kernelRule)
  .narrow(fusedActivation)
  .narrow(filterNumbers(() => filterForm))
  .check(unseen('a copy by the DPU alone'));

const backwards = (taps: number): readonly number[] => Array.from({ length: taps }, (_, tap) => taps - 1 - tap);

const wholeOf = (known: Known<typeof matcher>, geometry: ConvGeometry): readonly Operation[] => {
  const { node, input, output, lowered } = known;
  const taps = { rows: backwards(geometry.kernelHeight), columns: backwards(geometry.kernelWidth) };
  const base = { nodes: [node.index], input: input.index, output: output.index, depthwise: false, geometry };
  // The same weights in another order: all sums are the same.
  return convolutionOf(base, { ...lowered, weights: weightsOf(known, taps) });
};

const phasesOf = (
  known: Known<typeof matcher>,
  parts: readonly (readonly Part[])[],
  fresh: FreshIds,
): readonly Operation[] => {
  const { node, input, output, from: plane, to, strides } = known;
  const nodes = [node.index];
  const each: Plane = [to[0] / strides[0], to[1] / strides[1], to[2]];
  const single = strides[0] * strides[1] === 1;
  const operations: Operation[] = [];
  const made = parts.map((across) =>
    across.map(({ taps, geometry, row, column }) => {
      const lowered = weightedNumbers({ ...known, weights: weightsOf(known, taps) }, filterForm);
      const from = areaTensor(
        {
          ...wholeArea(input.index, plane),
          shape: [geometry.inputHeight, geometry.inputWidth, geometry.inputChannels],
          first: row * plane[1] + column,
        },
        nodes,
        fresh,
      );
      const result = single ? null : buffer(nodes, fresh.next(), each);
      const target = result?.output ?? output.index;
      const base = { nodes, input: from.tensor, output: target, depthwise: false, geometry };
      operations.push(...(result === null ? [] : [result]), ...from.views, ...convolutionOf(base, lowered));
      return target;
    }),
  );
  return single ? operations : [...operations, ...interleave(made, each, output.index, nodes, fresh)];
};

const operationsOf = (known: Known<typeof matcher>, fresh: FreshIds): readonly Operation[] =>
  known.form.kind === 'whole' ? wholeOf(known, known.form.geometry) : phasesOf(known, known.form.parts, fresh);

export const transposeConv: OpDefinition = { op: 'TRANSPOSE_CONV', ...formOf(matcher, operationsOf) };
