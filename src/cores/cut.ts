/**
 * An operation that computes some rows or channels of its result only: what it reads for them, and the operation cut down to
 * both. Each value is made of the same operands by the same stages, so it is the same byte.
 */
import { at } from '../in_range.js';
import { buffer, type FreshIds } from '../ir/build/arrange.js';
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import type { TensorId } from '../hardware/units.js';
import { type Box, isSameBox, lengthOf, type Range, wholeBox } from './box.js';
import { channelNumbers, channelStages, channelWeights } from './channels.js';
import type { Plane, Survey } from './survey.js';

/** Rows of the input that windows meet, and the padding before them; null where they meet none. */
const windowRows = (g: ConvGeometry, [from, to]: Range): { readonly rows: Range; readonly pad: number } | null => {
  const start = from * g.strideY - g.padTop;
  const end = (to - 1) * g.strideY - g.padTop + (g.kernelHeight - 1) * g.dilationY + 1;
  const rows: Range = [Math.max(0, start), Math.min(g.inputHeight, end)];
  return rows[0] < rows[1] ? { rows, pad: Math.max(0, -start) } : null;
};

/** Atoms of a fused operand's plane below which nobody has seen its reader work (`fuse/fuse_add.ts`). */
const smallestPlane = 12;

export interface Read {
  readonly tensor: TensorId;
  readonly box: Box;
}

const samePixels = (survey: Survey, one: TensorId, other: TensorId): boolean => {
  const [a, b] = [survey.planeOf(one), survey.planeOf(other)];
  return a[0] === b[0] && a[1] === b[1];
};

/** What an operation reads of each operand for a box of its result. null: it cannot be cut so. */
export const boxesRead = (survey: Survey, one: Operation, box: Box): readonly Read[] | null => {
  const { rows, channels } = box;
  switch (one.kind) {
    case 'conv': {
      const { geometry: g, residual, depthwise } = one;
      const window = g.apart === undefined ? windowRows(g, rows) : null;
      if (window === null) return null;
      const read: Box = { rows: window.rows, channels: depthwise ? channels : [0, g.inputChannels] };
      if (residual === null) return [{ tensor: one.input, box: read }];
      if (lengthOf(rows) * g.outputWidth < smallestPlane) return null;
      return [
        { tensor: one.input, box: read },
        { tensor: residual.operand, box },
      ];
    }
    case 'add':
      return one.inputs.map((tensor) => ({ tensor, box }));
    case 'pair': {
      const [first, second] = one.inputs;
      const pixel: Box = { rows: [0, survey.planeOf(second)[0]], channels };
      return [
        { tensor: first, box },
        { tensor: second, box: samePixels(survey, first, second) ? box : pixel },
      ];
    }
    case 'clamp':
    case 'scale':
    case 'copy':
    case 'move':
    case 'piece':
      return samePixels(survey, one.input, one.output) ? [{ tensor: one.input, box }] : null;
    case 'border':
      // Its cube has the plane of the tensor inside.
      return one.layout === 'flat' ? [{ tensor: one.input, box }] : null;
    case 'blocks':
      return null;
    case 'unpool':
      return [{ tensor: one.input, box: { rows: [Math.floor(rows[0] / 2), Math.ceil(rows[1] / 2)], channels } }];
    case 'pad': {
      const read: Range = [Math.max(0, rows[0] - one.top), Math.min(one.shape[0], rows[1] - one.top)];
      return read[0] < read[1] ? [{ tensor: one.input, box: { rows: read, channels } }] : null;
    }
    case 'host':
    case 'view':
    case 'constant':
      return null;
  }
};

/** What of each tensor a program has. */
export type BoxOf = (tensor: TensorId) => Box;

export interface Cutting {
  readonly survey: Survey;
  readonly boxOf: BoxOf;
  /** Settings of an operation as a whole: those of its channels must be the same. */
  readonly stagesOf: (one: ConvOperation) => Stages;
  readonly fresh: FreshIds;
}

interface Operand {
  readonly tensor: TensorId;
  readonly before: readonly Operation[];
}

/** A tensor of which the program may have more: a view of what is meant. */
const operandOf = ({ survey, boxOf, fresh }: Cutting, nodes: Operation['nodes'], { tensor, box }: Read): Operand => {
  const own = boxOf(tensor);
  if (isSameBox(own, box)) return { tensor, before: [] };
  const [, width] = survey.planeOf(tensor);
  const output = fresh.next();
  const shape: Plane = [lengthOf(box.rows), width, lengthOf(box.channels)];
  const first = (box.rows[0] - own.rows[0]) * width;
  const channel = box.channels[0] - own.channels[0];
  return {
    tensor: output,
    before: [{ kind: 'view', nodes, output, whole: tensor, shape, channel, first, line: width }],
  };
};

/** The reader of a fused operand takes surfaces without gaps: rows of a taller one are moved. */
const solidOperandOf = (cutting: Cutting, nodes: Operation['nodes'], read: Read): Operand => {
  const found = operandOf(cutting, nodes, read);
  if (found.before.length === 0) return found;
  const [, width] = cutting.survey.planeOf(read.tensor);
  const shape: Plane = [lengthOf(read.box.rows), width, lengthOf(read.box.channels)];
  const memory = buffer(nodes, cutting.fresh.next(), shape);
  const move: Operation = { kind: 'move', nodes, input: found.tensor, output: memory.output };
  return { tensor: memory.output, before: [...found.before, memory, move] };
};

const cutConvolution = (cutting: Cutting, one: ConvOperation, { rows, channels }: Box): ConvOperation => {
  const { geometry: g, depthwise } = one;
  const window = windowRows(g, rows);
  if (window === null) throw new Error('rows of a convolution that meet nothing');
  const count = lengthOf(channels);
  const geometry: ConvGeometry = {
    ...g,
    inputHeight: lengthOf(window.rows),
    inputChannels: depthwise ? count : g.inputChannels,
    outputHeight: lengthOf(rows),
    outputChannels: count,
    padTop: window.pad,
  };
  if (count === g.outputChannels) return { ...one, geometry };
  return {
    ...one,
    geometry,
    weights: channelWeights(one, channels),
    numbers: channelNumbers(one.numbers, channels),
    stages: channelStages(cutting.stagesOf(one), channels),
  };
};

const shapeOf = ([, width]: Plane, { rows, channels }: Box): Plane => [lengthOf(rows), width, lengthOf(channels)];

/** @param tensors in place of the operands */
const withOperands = (
  cutting: Cutting,
  one: Operation,
  reads: readonly Read[],
  tensors: readonly TensorId[],
): Operation => {
  const box = cutting.boxOf(one.output);
  const plane = cutting.survey.planeOf(one.output);
  const tensorOf = (operand: number): TensorId => at(tensors, operand);
  switch (one.kind) {
    case 'conv': {
      const residual = one.residual === null ? null : { ...one.residual, operand: tensorOf(1) };
      return { ...cutConvolution(cutting, one, box), input: tensorOf(0), residual };
    }
    case 'add':
      return { ...one, inputs: [tensorOf(0), tensorOf(1)] };
    case 'pair':
      return { ...one, inputs: [tensorOf(0), tensorOf(1)], stages: channelStages(one.stages, box.channels) };
    case 'scale':
      return { ...one, input: tensorOf(0), stages: channelStages(one.stages, box.channels) };
    case 'pad':
      return {
        ...one,
        input: tensorOf(0),
        shape: shapeOf(one.shape, at(reads, 0).box),
        size: [lengthOf(box.rows), one.size[1]],
        top: Math.max(0, one.top - box.rows[0]),
      };
    case 'piece': {
      const { start, step } = one.place;
      const first = start + box.rows[0] * plane[1] * step + box.channels[0];
      return { ...one, input: tensorOf(0), shape: shapeOf(plane, box), place: { ...one.place, start: first } };
    }
    case 'clamp':
    case 'copy':
    case 'move':
    case 'border':
    case 'blocks':
    case 'unpool':
    case 'host':
      return { ...one, input: tensorOf(0) };
    case 'view':
    case 'constant':
      return one;
  }
};

/** The operation for what the program has of its result, with the views that it needs. */
export const cutOperation = (cutting: Cutting, one: Operation): readonly Operation[] => {
  const { survey, boxOf } = cutting;
  const box = boxOf(one.output);
  const plane = survey.planeOf(one.output);
  if (isSameBox(box, wholeBox(plane)) && one.kind === 'constant') return [one];
  if (one.kind === 'view') return [{ ...one, shape: shapeOf(plane, box) }];
  if (one.kind === 'constant') {
    const [, width, channels] = one.shape;
    const codes = one.codes.filter((_, i) => {
      const [row, channel] = [Math.floor(i / (width * channels)), i % channels];
      return row >= box.rows[0] && row < box.rows[1] && channel >= box.channels[0] && channel < box.channels[1];
    });
    return [{ ...one, shape: shapeOf(plane, box), codes }];
  }
  const reads = boxesRead(survey, one, box);
  if (reads === null) throw new Error(`${one.kind} cannot be cut`);
  const solid = [
    one.kind === 'conv' ? one.residual?.operand : undefined,
    one.kind === 'pair' && one.stages.ew?.perChannel === true ? one.inputs[1] : undefined,
  ];
  const operands = reads.map((read, i) =>
    i > 0 && solid.includes(read.tensor)
      ? solidOperandOf(cutting, one.nodes, read)
      : operandOf(cutting, one.nodes, read),
  );
  const tensors = operands.map(({ tensor }) => tensor);
  return [...operands.flatMap(({ before }) => before), withOperands(cutting, one, reads, tensors)];
};
