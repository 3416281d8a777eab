/**
 * Ops of two operands that broadcast to the output's shape. A constant of one value, or of one for each channel, is a part
 * of the task's numbers; any other is brought to the output's shape and stands among the constants. A feature map is
 * repeated by convolutions.
 */
import { at } from '../../in_range.js';
import { elementCount, type Tensor } from '../../graph/graph.js';
import type { FreshIds } from '../../ir/build/arrange.js';
import { buffer, type Plane } from '../../ir/build/arrange.js';
import { selection } from '../../ir/build/copy.js';
import type { Operation } from '../../ir/operation.js';
import { spreadPixels, spreads } from '../../ir/build/spread.js';
import {
  type ByteTensor,
  isByteTensor,
  isStatic,
  type PerTensor,
  perTensorOf,
  planeOf,
  shapeText,
  signedCode,
} from '../../graph/tensor.js';
import { maps, oneType, perTensor } from './common_rules.js';
import { established, type Narrowing } from './match.js';
import { inputOf, type OpContext, outputOf } from './rule.js';

/** What a constant holds that is a part of the task's numbers. */
export type ConstantForm = 'one' | 'channels';

/** The NPU's codes of a constant. */
export const constantCodes = ({ data, type }: Tensor): readonly number[] =>
  Array.from(data ?? [], (byte) => (type === 'int8' ? (byte << 24) >> 24 : signedCode(byte, type)));

const isPlane = (tensor: Tensor): boolean =>
  isStatic(tensor) &&
  !tensor.variable &&
  tensor.shape.length <= 6 &&
  tensor.shape.slice(0, -3).every((dim) => dim === 1);

const holdsAll = (tensor: Tensor): boolean => tensor.data?.byteLength === elementCount(tensor.shape);

/** One value, or one for each channel. */
export const isNumbers = (tensor: Tensor, channels: number, form: ConstantForm): boolean => {
  const count = elementCount(tensor.shape);
  return (
    holdsAll(tensor) && (count === 1 || (form === 'channels' && count === channels && tensor.shape.at(-1) === channels))
  );
};

const isWhole = (tensor: Tensor, output: Tensor): boolean =>
  planeOf(tensor).every((size, i) => size === planeOf(output)[i]);

export interface TwoByteMaps {
  readonly first: ByteTensor;
  readonly second: ByteTensor;
  readonly output: ByteTensor;
}

/** All int8, or all uint8. */
export const twoByteMaps = established(oneType(maps(0, 1)), (context: OpContext): TwoByteMaps | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  return isByteTensor(first) && isByteTensor(second) && isByteTensor(output) ? { first, second, output } : null;
});

export interface TwoQuantizations {
  readonly firstQuantization: PerTensor;
  readonly secondQuantization: PerTensor;
  readonly outputQuantization: PerTensor;
}

/** One scale and one zero-point for each. */
export const twoQuantizations = established(
  perTensor(maps(0, 1)),
  ({ first, second, output }: OpContext & TwoByteMaps): TwoQuantizations | null => {
    const [a, b, y] = [perTensorOf(first), perTensorOf(second), perTensorOf(output)];
    return a === null || b === null || y === null
      ? null
      : { firstQuantization: a, secondQuantization: b, outputQuantization: y };
  },
);

/** One value for each channel of a larger plane: an operand of a single task as it is. */
const isPixel = (tensor: Tensor, output: Tensor): boolean => {
  const [[height, width, channels], to] = [planeOf(tensor), planeOf(output)];
  return isPlane(tensor) && height * width === 1 && to[0] * to[1] > 1 && channels === to[2];
};

/** How the operands meet: each form has tasks of its own. */
export type Operands =
  /** A whole plane, and a constant of one value or of one for each channel: a part of the task's numbers. */
  | {
      readonly kind: 'constant';
      readonly map: ByteTensor;
      readonly constant: ByteTensor;
      readonly codes: readonly [number, ...(readonly number[])];
      readonly constantFirst: boolean;
    }
  /** A whole plane, and one value for each channel, the operand at `position`. */
  | { readonly kind: 'pixel'; readonly map: ByteTensor; readonly values: ByteTensor; readonly position: 0 | 1 }
  /** Both brought to the output's shape. */
  | { readonly kind: 'planes'; readonly both: readonly [ByteTensor, ByteTensor] };

export interface MatchedOperands {
  readonly operands: Operands;
  /** Height, width, channels of the output. */
  readonly plane: Plane;
}

const constantOperands = (map: ByteTensor, constant: ByteTensor, output: Tensor, form: ConstantForm) => {
  if (map.constant || !constant.constant || !isPlane(map) || !isWhole(map, output)) return null;
  const [code, ...codes] = isNumbers(constant, planeOf(map)[2], form) ? constantCodes(constant) : [];
  return code === undefined ? null : ({ kind: 'constant', map, constant, codes: [code, ...codes] } as const);
};

const pixelForm = (map: ByteTensor, values: ByteTensor, output: Tensor) =>
  isWhole(map, output) && !map.constant && isPixel(values, output) ? ({ kind: 'pixel', map, values } as const) : null;

const operandsOf = ({ first, second, output }: TwoByteMaps, form: ConstantForm): Operands | null => {
  const behind = constantOperands(first, second, output, form);
  if (behind !== null) return { ...behind, constantFirst: false };
  const before = constantOperands(second, first, output, form);
  if (before !== null) return { ...before, constantFirst: true };
  const [plain, turned] = [pixelForm(first, second, output), pixelForm(second, first, output)];
  if (plain !== null) return { ...plain, position: 1 };
  if (turned !== null) return { ...turned, position: 0 };
  const [a, b, to] = [planeOf(first), planeOf(second), planeOf(output)];
  const fills = ([0, 1, 2] as const).every((i) => to[i] === Math.max(a[i], b[i]));
  return fills && broadcasts(first, output) && broadcasts(second, output)
    ? { kind: 'planes', both: [first, second] }
    : null;
};

/** Whether a tensor can be brought to the output's shape. */
const broadcasts = (tensor: Tensor, output: Tensor): boolean => {
  const [from, to] = [planeOf(tensor), planeOf(output)];
  return (
    isPlane(tensor) &&
    from.every((size, i) => size === 1 || size === to[i]) &&
    (tensor.constant ? holdsAll(tensor) : spreads(from, to))
  );
};

/** @param form what a constant operand may hold to be a part of the task's numbers */
export const operandsAlike = (form: ConstantForm): Narrowing<OpContext & TwoByteMaps, MatchedOperands> => ({
  name: 'shapes',
  text: 'static shapes that broadcast to that of the output, dimensions before the last three are 1; at most one operand constant',
  advice: 'make both operands one shape, or shapes of which one is 1 where they differ',
  narrow: (known) => {
    const { first, second, output } = known;
    if (isPlane(output) && first.constant && second.constant) return 'two constants';
    const operands = isPlane(output) ? operandsOf(known, form) : null;
    return operands === null
      ? `shapes ${[first, second, output].map(({ shape }) => shapeText(shape)).join(', ')}`
      : { operands, plane: planeOf(output) };
  },
});

/** The codes of a constant, each where it stands in a plane. */
const expanded = (tensor: Tensor, [height, width, channels]: Plane): Int8Array => {
  const codes = constantCodes(tensor);
  const [rows, columns, depth] = planeOf(tensor);
  const values = new Int8Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const [y, x, c] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels];
    const place = ((rows === 1 ? 0 : y) * columns + (columns === 1 ? 0 : x)) * depth + (depth === 1 ? 0 : c);
    values[i] = at(codes, place);
  }
  return values;
};

/** A feature map repeated to a plane: its one channel first, then its rows and columns. */
const repeated = (tensor: Tensor, plane: Plane, nodes: readonly number[], fresh: FreshIds) => {
  const operations: Operation[] = [];
  let [from, input] = [planeOf(tensor), tensor.index];
  if (from[2] !== plane[2]) {
    const to: Plane = [from[0], from[1], plane[2]];
    const made = buffer(nodes, fresh.next(), to);
    const first = Array.from({ length: plane[2] }, () => 0);
    operations.push(made, selection({ kind: 'move', nodes, input, output: made.output }, from, first));
    [from, input] = [to, made.output];
  }
  if (from[0] !== plane[0] || from[1] !== plane[1]) {
    const made = buffer(nodes, fresh.next(), plane);
    operations.push(made, ...spreadPixels(input, from, made.output, plane, nodes, fresh));
    input = made.output;
  }
  return { input, operations };
};

/** Two inputs of a task, and what makes them. */
export interface TaskInputs {
  readonly inputs: readonly [number, number];
  readonly operations: readonly Operation[];
}

/** The plane, and behind it the operand of one value for each channel. */
export const pixelInputs = (
  { map, values }: Extract<Operands, { readonly kind: 'pixel' }>,
  nodes: readonly number[],
  fresh: FreshIds,
): TaskInputs => {
  const output = fresh.next();
  if (!values.constant) {
    // The pixel of a sample has gaps between its surfaces: it is moved together where it is not.
    const move: Operation = { kind: 'move', nodes, input: values.index, output };
    const [, , channels] = planeOf(values);
    return { inputs: [map.index, output], operations: [buffer(nodes, output, [1, 1, channels]), move] };
  }
  const codes = Int8Array.from(constantCodes(values));
  return {
    inputs: [map.index, output],
    operations: [{ kind: 'constant', nodes, output, shape: [1, 1, codes.length], codes }],
  };
};

/** Both operands with the output's shape. */
export const planeInputs = (
  { both: [first, second] }: Extract<Operands, { readonly kind: 'planes' }>,
  plane: Plane,
  nodes: readonly number[],
  fresh: FreshIds,
): TaskInputs => {
  const operations: Operation[] = [];
  const wholeOf = (tensor: ByteTensor): number => {
    if (tensor.constant) {
      const output = fresh.next();
      operations.push({ kind: 'constant', nodes, output, shape: plane, codes: expanded(tensor, plane) });
      return output;
    }
    const made = repeated(tensor, plane, nodes, fresh);
    operations.push(...made.operations);
    return made.input;
  };
  return { inputs: [wholeOf(first), wholeOf(second)], operations };
};

/** Two feature maps as the inputs of one task. */
export const taskInputs = (
  operands: Exclude<Operands, { readonly kind: 'constant' }>,
  plane: Plane,
  nodes: readonly number[],
  fresh: FreshIds,
): TaskInputs =>
  operands.kind === 'pixel' ? pixelInputs(operands, nodes, fresh) : planeInputs(operands, plane, nodes, fresh);
