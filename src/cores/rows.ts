/**
 * An operation that computes some rows of its result only: the rows that it reads for them, and the operation cut down to both.
 * Each value is made of the same operands by the same stages, so it is the same byte.
 */
import type { ConvGeometry, ConvOperation, Operation } from '../ir/operation.js';
import { buffer } from '../ir/build/arrange.js';
import type { Spare } from '../ir/build/arrange.js';
import type { TensorId } from '../hardware/units.js';
import type { Plane, Survey } from './survey.js';

/** From the first to behind the last. */
export type Rows = readonly [number, number];

export const rowCount = ([from, to]: Rows): number => to - from;

export const hull = (a: Rows | undefined, b: Rows): Rows =>
  a === undefined ? b : [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

/** Rows of the input that windows meet, and the padding before them; null where they meet none. */
const windowRows = (g: ConvGeometry, [from, to]: Rows): { readonly rows: Rows; readonly pad: number } | null => {
  const start = from * g.strideY - g.padTop;
  const end = (to - 1) * g.strideY - g.padTop + (g.kernelHeight - 1) * g.dilationY + 1;
  const rows: Rows = [Math.max(0, start), Math.min(g.inputHeight, end)];
  return rows[0] < rows[1] ? { rows, pad: Math.max(0, -start) } : null;
};

/** Rows of a fused operand's plane below which nobody has seen its reader work (`fuse/fuse_add.ts`). */
const smallestPlane = 12;

export interface Read {
  readonly tensor: TensorId;
  readonly rows: Rows;
}

const sameHeight = (survey: Survey, one: TensorId, other: TensorId): boolean => {
  const [a, b] = [survey.planeOf(one), survey.planeOf(other)];
  return a[0] === b[0] && a[1] === b[1];
};

/** Rows that an operation reads of each operand for `rows` of its result. null: it cannot be cut by rows. */
export const rowsRead = (survey: Survey, one: Operation, rows: Rows): readonly Read[] | null => {
  switch (one.kind) {
    case 'conv': {
      const { geometry: g, residual } = one;
      const window = g.apart === undefined ? windowRows(g, rows) : null;
      if (window === null) return null;
      if (residual === null) return [{ tensor: one.input, rows: window.rows }];
      if (rowCount(rows) * g.outputWidth < smallestPlane) return null;
      return [
        { tensor: one.input, rows: window.rows },
        { tensor: residual.operand, rows },
      ];
    }
    case 'add':
      return one.inputs.map((tensor) => ({ tensor, rows }));
    case 'pair': {
      const [first, second] = one.inputs;
      const [height] = survey.planeOf(second);
      const isPixel = !sameHeight(survey, first, second);
      return [
        { tensor: first, rows },
        { tensor: second, rows: isPixel ? [0, height] : rows },
      ];
    }
    case 'clamp':
    case 'scale':
    case 'copy':
    case 'move':
    case 'piece':
      return sameHeight(survey, one.input, one.output) ? [{ tensor: one.input, rows }] : null;
    case 'border':
      // Its cube has the plane of the tensor inside.
      return one.layout === 'flat' ? [{ tensor: one.input, rows }] : null;
    case 'unpool':
      return [{ tensor: one.input, rows: [Math.floor(rows[0] / 2), Math.ceil(rows[1] / 2)] }];
    case 'pad': {
      const [height] = one.shape;
      const read: Rows = [Math.max(0, rows[0] - one.top), Math.min(height, rows[1] - one.top)];
      return read[0] < read[1] ? [{ tensor: one.input, rows: read }] : null;
    }
    case 'host':
    case 'view':
    case 'constant':
      return null;
  }
};

/** Rows of each memory that a strip has. */
export type RowsOf = (tensor: TensorId) => Rows;

/** A tensor of which the strip may have more rows: a view of those that are meant. */
const operand = (
  survey: Survey,
  rowsOf: RowsOf,
  nodes: Operation['nodes'],
  { tensor, rows }: Read,
  spare: Spare,
): { readonly tensor: TensorId; readonly before: readonly Operation[] } => {
  const own = rowsOf(tensor);
  if (own[0] === rows[0] && own[1] === rows[1]) return { tensor, before: [] };
  const [, width, channels] = survey.planeOf(tensor);
  const output = spare.next();
  const shape: Plane = [rowCount(rows), width, channels];
  const first = (rows[0] - own[0]) * width;
  return {
    tensor: output,
    before: [{ kind: 'view', nodes, output, whole: tensor, shape, channel: 0, first, line: width }],
  };
};

/** The reader of a fused operand takes surfaces without gaps: rows of a taller one are moved. */
const solidOperand = (
  survey: Survey,
  rowsOf: RowsOf,
  nodes: Operation['nodes'],
  read: Read,
  spare: Spare,
): ReturnType<typeof operand> => {
  const found = operand(survey, rowsOf, nodes, read, spare);
  if (found.before.length === 0) return found;
  const [, width, channels] = survey.planeOf(read.tensor);
  const memory = buffer(nodes, spare.next(), [rowCount(read.rows), width, channels]);
  const move: Operation = { kind: 'move', nodes, input: found.tensor, output: memory.output };
  return { tensor: memory.output, before: [...found.before, memory, move] };
};

const convRows = (one: ConvOperation, rows: Rows): ConvGeometry => {
  const window = windowRows(one.geometry, rows);
  if (window === null) throw new Error('rows of a convolution that meet nothing');
  return {
    ...one.geometry,
    inputHeight: rowCount(window.rows),
    outputHeight: rowCount(rows),
    padTop: window.pad,
  };
};

/** The operation for the rows of its result that the strip has, with the views that it needs. */
export const cutToRows = (survey: Survey, rowsOf: RowsOf, one: Operation, spare: Spare): readonly Operation[] => {
  const rows = rowsOf(one.output);
  if (one.kind === 'view') return [{ ...one, shape: [rowCount(rows), one.shape[1], one.shape[2]] }];
  if (one.kind === 'constant') {
    const [, width, channels] = one.shape;
    const codes = one.codes.slice(rows[0] * width * channels, rows[1] * width * channels);
    return [{ ...one, shape: [rowCount(rows), width, channels], codes }];
  }
  const reads = rowsRead(survey, one, rows);
  if (reads === null) throw new Error(`${one.kind} cannot be cut by rows`);
  const solid = one.kind === 'conv' ? one.residual?.operand : undefined;
  const perChannel = one.kind === 'pair' && one.stages.ew?.perChannel === true ? one.inputs[1] : undefined;
  const operands = reads.map((read) =>
    [solid, perChannel].includes(read.tensor)
      ? solidOperand(survey, rowsOf, one.nodes, read, spare)
      : operand(survey, rowsOf, one.nodes, read, spare),
  );
  const before = operands.flatMap((found) => found.before);
  const tensors = operands.map(({ tensor }) => tensor);
  const [input = -1, second = -1] = tensors;
  switch (one.kind) {
    case 'conv': {
      const residual = one.residual === null ? null : { ...one.residual, operand: second };
      return [...before, { ...one, input, geometry: convRows(one, rows), residual }];
    }
    case 'add':
    case 'pair':
      return [...before, { ...one, inputs: [input, second] }];
    case 'pad': {
      const [, width, channels] = one.shape;
      const read = reads[0]?.rows ?? rows;
      const shape: Plane = [rowCount(read), width, channels];
      return [
        ...before,
        { ...one, input, shape, size: [rowCount(rows), one.size[1]], top: Math.max(0, one.top - rows[0]) },
      ];
    }
    case 'piece': {
      const [, width, channels] = one.shape;
      const { start, step } = one.place;
      return [
        ...before,
        {
          ...one,
          input,
          shape: [rowCount(rows), width, channels],
          place: { ...one.place, start: start + rows[0] * width * step },
        },
      ];
    }
    case 'clamp':
      // In its own place, or from another tensor.
      return [...before, { ...one, input: one.input === one.output ? one.output : input }];
    case 'scale':
    case 'copy':
    case 'move':
    case 'border':
    case 'unpool':
    case 'host':
      return [...before, { ...one, input }];
  }
};
