/**
 * Ops of two operands: two feature maps of one shape, one and a pixel that holds a value for each channel, or one and a
 * constant for all values or for each channel.
 */
import { elementCount, type Tensor } from '../model/graph.js';
import { buffer, Spare } from './arrange.js';
import type { Operation } from './operation.js';
import { spreadPixel, spreads } from './spread.js';
import { inputOf, isStatic, type OpContext, outputOf, planeOf, type Rule, shapeText, signedCode } from './rule.js';

/** The feature map and the constant; null where there is no constant. */
export const sides = (context: OpContext): readonly [Tensor | null, Tensor | null] => {
  const [first, second] = [inputOf(context, 0), inputOf(context, 1)];
  if (second?.constant === true) return [first, second];
  return first?.constant === true ? [second, first] : [first, null];
};

/** Whether the constant is the first operand. */
export const isConstantFirst = (context: OpContext): boolean => inputOf(context, 0)?.constant === true;

/** The NPU's codes of a constant. */
export const constantCodes = ({ data, type }: Tensor): readonly number[] =>
  Array.from(data ?? [], (byte) => (type === 'int8' ? (byte << 24) >> 24 : signedCode(byte, type)));

const isPlane = (tensor: Tensor): boolean =>
  isStatic(tensor) &&
  !tensor.variable &&
  tensor.shape.length <= 6 &&
  tensor.shape.slice(0, -3).every((dim) => dim === 1);

/** One value, or one for each channel. */
export const isChannelConstant = (tensor: Tensor, channels: number, most: 'one' | 'channels'): boolean => {
  const count = elementCount(tensor.shape);
  return (
    tensor.data?.byteLength === count &&
    (count === 1 || (most === 'channels' && count === channels && tensor.shape.at(-1) === channels))
  );
};

const isWhole = (tensor: Tensor, output: Tensor): boolean =>
  planeOf(tensor).every((size, i) => size === planeOf(output)[i]);

const isPixel = (tensor: Tensor, output: Tensor): boolean => {
  const plane = planeOf(output);
  const [height, width, channels] = planeOf(tensor);
  return height * width === 1 && channels === plane[2] && spreads(plane);
};

/** Feature maps of the output's shape, one of them perhaps a pixel that is repeated. */
const areMaps = (first: Tensor, second: Tensor, output: Tensor): boolean =>
  [first, second].every((tensor) => isPlane(tensor) && (isWhole(tensor, output) || isPixel(tensor, output))) &&
  [first, second].some((tensor) => isWhole(tensor, output));

/** @param constants what a constant operand may hold: one value, or one for each channel as well */
export const operandsAlike = (constants: 'one' | 'channels'): Rule => ({
  name: 'shapes',
  text: `two operands of one static shape whose dimensions before the last three are 1; one of them may be one pixel, or a constant of one value${constants === 'channels' ? ' or of one for each channel' : ''}`,
  advice:
    'make both operands one shape (other broadcasts: RESIZE_NEAREST_NEIGHBOR or CONCATENATION first), or one of them a constant',
  broken: (context) => {
    const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
    const shapes = [first, second, output].map((tensor) => shapeText(tensor?.shape ?? [])).join(', ');
    const [map, constant] = sides(context);
    if (map === null || map.constant || output === null || !isPlane(output)) return `shapes ${shapes}`;
    if (constant === null)
      return first !== null && second !== null && areMaps(first, second, output) ? null : `shapes ${shapes}`;
    if (!isPlane(map) || !isWhole(map, output)) return `shapes ${shapes}`;
    return isChannelConstant(constant, planeOf(map)[2], constants)
      ? null
      : `a constant of ${shapeText(constant.shape)}`;
  },
});

/** Both operands with the output's shape, and what makes them so. */
export const wholeOperands = (
  context: OpContext,
): { readonly inputs: readonly [number, number]; readonly operations: readonly Operation[] } => {
  const { node, spare: firstSpare } = context;
  const plane = planeOf(outputOf(context));
  const spare = new Spare(firstSpare);
  const operations: Operation[] = [];
  const wholeOf = (position: number): number => {
    const tensor = inputOf(context, position);
    const output = outputOf(context);
    if (tensor === null || output === null || isWhole(tensor, output)) return tensor?.index ?? -1;
    const made = buffer([node.index], spare.next(), plane);
    operations.push(made, ...spreadPixel(tensor.index, made.output, plane, [node.index], spare));
    return made.output;
  };
  return { inputs: [wholeOf(0), wholeOf(1)], operations };
};
