/**
 * Ops of two operands that broadcast to the output's shape. A constant of one value, or of one for each channel, is a part
 * of the task's numbers; any other is brought to the output's shape and stands among the constants. A feature map is
 * repeated by convolutions.
 */
import { elementCount, type Tensor } from '../../graph/graph.js';
import { buffer, type Plane, Spare } from '../../ir/build/arrange.js';
import { selection } from '../../ir/build/copy.js';
import type { Operation } from '../../ir/operation.js';
import { spreadPixels, spreads } from '../../ir/build/spread.js';
import { isStatic, planeOf, shapeText, signedCode } from '../../graph/tensor.js';
import { inputOf, type OpContext, outputOf, type Rule } from './rule.js';

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

/** The feature map and the constant that is a part of the task's numbers; null where there is no such constant. */
export const sides = (context: OpContext, form: ConstantForm = 'channels'): readonly [Tensor | null, Tensor | null] => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  for (const [map, constant] of [
    [first, second],
    [second, first],
  ] as const) {
    if (map === null || output === null || map.constant || constant?.constant !== true) continue;
    if (isPlane(map) && isWhole(map, output) && isNumbers(constant, planeOf(map)[2], form)) return [map, constant];
  }
  return [first, null];
};

/** Whether the constant is the first operand. */
export const isConstantFirst = (context: OpContext): boolean => inputOf(context, 0)?.constant === true;

/** One value for each channel of a larger plane: an operand of a single task as it is. */
const isPixel = (tensor: Tensor, output: Tensor): boolean => {
  const [[height, width, channels], to] = [planeOf(tensor), planeOf(output)];
  return isPlane(tensor) && height * width === 1 && to[0] * to[1] > 1 && channels === to[2];
};

/** Position of the operand that is one value for each channel, where the other one is a whole plane. */
export const pixelOf = (context: OpContext): 0 | 1 | null => {
  const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
  if (first === null || second === null || output === null) return null;
  if (isWhole(first, output) && !first.constant && isPixel(second, output)) return 1;
  return isWhole(second, output) && !second.constant && isPixel(first, output) ? 0 : null;
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
export const operandsAlike = (form: ConstantForm): Rule => ({
  name: 'shapes',
  text: 'static shapes that broadcast to that of the output, dimensions before the last three are 1; at most one operand constant',
  advice: 'make both operands one shape, or shapes of which one is 1 where they differ',
  broken: (context) => {
    const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
    const shapes = `shapes ${[first, second, output].map((tensor) => shapeText(tensor?.shape ?? [])).join(', ')}`;
    if (first === null || second === null || output === null || !isPlane(output)) return shapes;
    if (first.constant && second.constant) return 'two constants';
    if (sides(context, form)[1] !== null) return null;
    const [a, b] = [planeOf(first), planeOf(second)];
    const fills = planeOf(output).every((size, i) => size === Math.max(a[i] ?? 1, b[i] ?? 1));
    if (pixelOf(context) !== null) return null;
    return fills && broadcasts(first, output) && broadcasts(second, output) ? null : shapes;
  },
});

/** The codes of a constant, each where it stands in a plane. */
const expanded = (tensor: Tensor, [height, width, channels]: Plane): Int8Array => {
  const codes = constantCodes(tensor);
  const [rows, columns, depth] = planeOf(tensor);
  const values = new Int8Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const [y, x, c] = [Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels];
    values[i] = codes[((rows === 1 ? 0 : y) * columns + (columns === 1 ? 0 : x)) * depth + (depth === 1 ? 0 : c)] ?? 0;
  }
  return values;
};

/** A feature map repeated to a plane: its one channel first, then its rows and columns. */
const repeated = (tensor: Tensor, plane: Plane, nodes: readonly number[], spare: Spare) => {
  const operations: Operation[] = [];
  let [from, input] = [planeOf(tensor), tensor.index];
  if (from[2] !== plane[2]) {
    const to: Plane = [from[0], from[1], plane[2]];
    const made = buffer(nodes, spare.next(), to);
    const first = Array.from({ length: plane[2] }, () => 0);
    operations.push(made, selection({ kind: 'move', nodes, input, output: made.output }, from, first));
    [from, input] = [to, made.output];
  }
  if (from[0] !== plane[0] || from[1] !== plane[1]) {
    const made = buffer(nodes, spare.next(), plane);
    operations.push(made, ...spreadPixels(input, from, made.output, plane, nodes, spare));
    input = made.output;
  }
  return { input, operations };
};

interface Operands {
  readonly inputs: readonly [number, number];
  readonly operations: readonly Operation[];
}

/** The plane, and behind it the operand of one value for each channel at `pixel`. */
export const pixelOperands = (context: OpContext, pixel: 0 | 1): Operands => {
  const [map, values] = [inputOf(context, 1 - pixel), inputOf(context, pixel)];
  if (map === null || values === null) return { inputs: [-1, -1], operations: [] };
  const output = new Spare(context.spare).next();
  if (!values.constant) {
    // The pixel of a sample has gaps between its surfaces: it is moved together where it is not.
    const nodes = [context.node.index];
    const move: Operation = { kind: 'move', nodes, input: values.index, output };
    const [, , channels] = planeOf(values);
    return { inputs: [map.index, output], operations: [buffer(nodes, output, [1, 1, channels]), move] };
  }
  const codes = Int8Array.from(constantCodes(values));
  const shape: Plane = [1, 1, codes.length];
  return {
    inputs: [map.index, output],
    operations: [{ kind: 'constant', nodes: [context.node.index], output, shape, codes }],
  };
};

/** Both operands with the output's shape, and what makes them so. */
export const wholeOperands = (context: OpContext): Operands => {
  const nodes = [context.node.index];
  const plane = planeOf(outputOf(context));
  const spare = new Spare(context.spare);
  const operations: Operation[] = [];
  const wholeOf = (position: number): number => {
    const tensor = inputOf(context, position);
    if (tensor === null) return -1;
    if (tensor.constant) {
      const output = spare.next();
      operations.push({ kind: 'constant', nodes, output, shape: plane, codes: expanded(tensor, plane) });
      return output;
    }
    const made = repeated(tensor, plane, nodes, spare);
    operations.push(...made.operations);
    return made.input;
  };
  return { inputs: [wholeOf(0), wholeOf(1)], operations };
};
