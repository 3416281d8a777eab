/**
 * What operations calculate, without calculating it: every atom of a memory holds the number of a value, which is made of the
 * operation and of the numbers that it reads. Two lists of operations with the same numbers in their results have the same
 * results. 0: what nobody has written, or what was made of that.
 */
import { int32At } from '../in_range.js';
import type { ConvOperation, Operation, PadOperation } from '../ir/operation.js';
import { inputSteps, operandsOf } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import type { Cells, Memories } from './memories.js';

/** Pads are convolutions here, as where they are placed. */
export type ValueOperation = Exclude<Operation, PadOperation>;

/** The number of a place that nobody has written, or that is none of its memory's. */
const unwritten = 0;
/** Where a tap meets padding. */
const outside = -1;

const numberIn = (numbers: Uint32Array, place: number): number => numbers[place] ?? unwritten;

/** Never 0, but where one of the two is. */
const mixed = (a: number, b: number): number => {
  if (a === 0 || b === 0) return 0;
  let h = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0xc2b2ae35);
  h ^= h >>> 13;
  return h >>> 0 || 1;
};

const numberOf = (kind: 'input' | 'constant' | 'code' | 'operation', which: number): number =>
  mixed({ input: 1, constant: 2, code: 3, operation: 4 }[kind], (which + 1000) >>> 0 || 1);

/** Plain loops from here on: all atoms of a model pass through them, some of them often. */
const filled = (length: number, valueAt: (i: number) => number): Uint32Array => {
  const values = new Uint32Array(length);
  for (let i = 0; i < length; i++) values[i] = valueAt(i);
  return values;
};

/** What stands in a memory. */
const read = (memories: Memories, { root, places }: Cells): Uint32Array => {
  const memory = memories.memoryOf(root);
  return filled(places.length, (i) => numberIn(memory, int32At(places, i)));
};

const write = (memories: Memories, { root, places }: Cells, values: Uint32Array): void => {
  const memory = memories.memoryOf(root);
  for (let i = 0; i < places.length; i++) memory[int32At(places, i)] = numberIn(values, i);
};

/** Codes leave as they come: then a channel-wise convolution of one tap moves pixels and makes no values. */
const keepsCodes = ({ bs, bn, ew, table, out }: Stages): boolean =>
  bs === null &&
  bn === null &&
  ew === null &&
  table === undefined &&
  out.scale === 1 &&
  out.shift === 0 &&
  out.offset === 0;

const movesPixels = ({ depthwise, geometry: g, stages, weights, weightZeroPoint }: ConvOperation): boolean =>
  depthwise &&
  g.kernelHeight * g.kernelWidth === 1 &&
  stages !== null &&
  keepsCodes(stages) &&
  weightZeroPoint === 0 &&
  weights.every((weight) => weight === 1);

/** Taps of a kernel along one axis, for each output one after the other: the input that it meets, or -1 for padding. */
interface Taps {
  readonly kernel: number;
  readonly inputs: Int32Array;
}

const tapsOf = (
  outputs: number,
  kernel: number,
  {
    stride,
    dilation,
    pad,
    apart,
    length,
  }: Readonly<Record<'stride' | 'dilation' | 'pad' | 'apart' | 'length', number>>,
): Taps => {
  const inputs = new Int32Array(outputs * kernel);
  for (let i = 0; i < inputs.length; i++) {
    const at = Math.floor(i / kernel) * stride - pad + (i % kernel) * dilation;
    inputs[i] = at % apart === 0 && at >= 0 && at / apart < length ? at / apart : outside;
  }
  return { kernel, inputs };
};

/** How a kernel meets a plane; `start`: what taps are mixed into, null where the one tap's value leaves as it is. */
interface Windows {
  readonly rows: Taps;
  readonly columns: Taps;
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly padding: number;
  readonly start: number | null;
}

/** Lines of values whose places along one axis become outputs; the places of one line are `step` apart. */
const alongTaps = (
  values: Uint32Array,
  { kernel, inputs }: Taps,
  lines: number,
  [line, step]: readonly [number, number],
  padding: number,
  start: number | null,
): Uint32Array => {
  const outputs = inputs.length / kernel;
  const result = new Uint32Array(lines * outputs);
  for (let l = 0; l < lines; l++) {
    for (let output = 0; output < outputs; output++) {
      let number = start ?? unwritten;
      for (let tap = 0; tap < kernel; tap++) {
        const at = int32At(inputs, output * kernel + tap);
        const value = at === outside ? padding : numberIn(values, l * line + at * step);
        number = start === null ? value : mixed(number, value);
      }
      result[l * outputs + output] = number;
    }
  }
  return result;
};

/** The numbers of all windows of a plane: columns first, then rows. */
const windowsOf = (plane: Uint32Array, windows: Windows): Uint32Array => {
  const { rows, columns, inputHeight, inputWidth, padding, start } = windows;
  const across = alongTaps(plane, columns, inputHeight, [inputWidth, 1], padding, start);
  const width = columns.inputs.length / columns.kernel;
  let padded = start ?? padding;
  if (start !== null) for (let tap = 0; tap < columns.kernel; tap++) padded = mixed(padded, padding);
  // Column by column.
  const down = alongTaps(across, rows, width, [1, width], padded, start);
  const height = rows.inputs.length / rows.kernel;
  return filled(width * height, (i) => numberIn(down, (i % width) * height + Math.floor(i / width)));
};

const convolved = (operation: ConvOperation, given: Uint32Array, from: Cells, to: Cells, key: number): Uint32Array => {
  const { geometry: g, depthwise } = operation;
  const isMove = movesPixels(operation);
  const steps = inputSteps(g);
  const windows: Windows = {
    rows: tapsOf(g.outputHeight, g.kernelHeight, {
      stride: g.strideY,
      dilation: g.dilationY,
      pad: g.padTop,
      apart: steps.y,
      length: g.inputHeight,
    }),
    columns: tapsOf(g.outputWidth, g.kernelWidth, {
      stride: g.strideX,
      dilation: g.dilationX,
      pad: g.padLeft,
      apart: steps.x,
      length: g.inputWidth,
    }),
    inputHeight: g.inputHeight,
    inputWidth: g.inputWidth,
    padding: numberOf('code', operation.inputZeroPoint),
    start: isMove ? null : key,
  };
  const area = g.inputHeight * g.inputWidth;
  const outputs = g.outputHeight * g.outputWidth;
  if (depthwise) {
    const result = new Uint32Array(to.places.length);
    for (let surface = 0; surface < to.surfaces; surface++)
      result.set(windowsOf(given.subarray(surface * area, (surface + 1) * area), windows), surface * outputs);
    return isMove ? result : filled(result.length, (i) => mixed(numberIn(result, i), Math.floor(i / outputs) + 1));
  }
  // A pixel's number is that of all its channels together.
  const pixels = new Uint32Array(area).fill(1);
  for (let surface = 0; surface < from.surfaces; surface++)
    for (let i = 0; i < area; i++) pixels[i] = mixed(numberIn(pixels, i), numberIn(given, surface * area + i));
  const made = windowsOf(pixels, windows);
  return filled(to.places.length, (i) => mixed(numberIn(made, i % outputs), Math.floor(i / outputs) + 1));
};

/** Pixels of the input at both of a pixel's places, along both axes. */
const unpooled = (given: Uint32Array, { plane: [height, width] }: Cells): Uint32Array =>
  filled(4 * given.length, (i) => {
    const [surface, row] = [Math.floor(i / (4 * height * width)), Math.floor(i / (2 * width)) % (2 * height)];
    return numberIn(given, surface * height * width + (row >> 1) * width + ((i % (2 * width)) >> 1));
  });

const resultOf = (
  operation: ValueOperation,
  operands: readonly Uint32Array[],
  cells: readonly Cells[],
  to: Cells,
  key: number,
): Uint32Array => {
  const [first] = operands;
  const [from] = cells;
  const length = to.places.length;
  if (operation.kind === 'constant') return filled(length, (i) => mixed(numberOf('constant', operation.output), i + 1));
  if (first === undefined || from === undefined) return new Uint32Array(length);
  const area = to.plane[0] * to.plane[1];
  switch (operation.kind) {
    case 'move':
    case 'copy':
    case 'border':
    case 'blocks':
    case 'piece':
    case 'view':
      return first;
    case 'unpool':
      return unpooled(first, from);
    case 'host': {
      const all = first.reduce(mixed, key);
      return filled(length, (i) => mixed(all, i + 1));
    }
    case 'conv': {
      const sums = convolved(operation, first, from, to, key);
      const second = operands[1];
      return second === undefined ? sums : sums.map((value, i) => mixed(value, numberIn(second, i)));
    }
    case 'add':
    case 'clamp':
    case 'scale':
    case 'pair': {
      const result = new Uint32Array(length).fill(key);
      for (const [k, operand] of operands.entries()) {
        const { plane } = cells[k] ?? to;
        // One pixel stands for all places of the plane.
        const isPixel = plane[0] * plane[1] === 1;
        for (let i = 0; i < length; i++)
          result[i] = mixed(numberIn(result, i), numberIn(operand, isPixel ? Math.floor(i / area) : i));
      }
      return result;
    }
  }
};

/** Which lists have in common: those that make values, counted. */
const makesValues = (operation: ValueOperation): boolean =>
  !['move', 'copy', 'border', 'blocks', 'piece', 'view', 'constant', 'unpool'].includes(operation.kind) &&
  !(operation.kind === 'conv' && movesPixels(operation));

/**
 * Runs the operations.
 * @param spoilt places behind those of a result that an operation writes too, without meaning
 * @returns the numbers in each of the wanted tensors
 */
export const valuesOf = (
  operations: readonly ValueOperation[],
  memories: Memories,
  given: readonly number[],
  wanted: readonly number[],
  spoilt: (operation: ValueOperation) => readonly number[] = () => [],
): readonly (Uint32Array | null)[] => {
  for (const tensor of given) {
    const cells = memories.cellsOf(tensor);
    if (cells !== null)
      write(
        memories,
        cells,
        filled(cells.places.length, (i) => mixed(numberOf('input', tensor), i + 1)),
      );
  }
  let made = 0;
  for (const operation of operations) {
    if (operation.kind === 'view') continue;
    const to = memories.cellsOf(operation.output);
    const cells = operandsOf(operation).map((tensor) => memories.cellsOf(tensor));
    const known = cells.filter((one) => one !== null);
    if (makesValues(operation)) made++;
    if (to === null || known.length < cells.length) continue;
    const operands = known.map((one) => read(memories, one));
    write(memories, to, resultOf(operation, operands, known, to, numberOf('operation', made)));
    const memory = memories.memoryOf(to.root);
    for (const place of spoilt(operation)) memory[place] = 0;
  }
  return wanted.map((tensor) => {
    const cells = memories.cellsOf(tensor);
    return cells === null ? null : read(memories, cells);
  });
};
