/** Ops of two operands: two feature maps of one shape, or one and a constant for all values or for each channel. */
import { elementCount, type Tensor } from '../model/graph.js';
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
const isChannelConstant = (tensor: Tensor, channels: number, most: 'one' | 'channels'): boolean => {
  const count = elementCount(tensor.shape);
  return (
    tensor.data?.byteLength === count &&
    (count === 1 || (most === 'channels' && count === channels && tensor.shape.at(-1) === channels))
  );
};

/** @param constants what a constant operand may hold: one value, or one for each channel as well */
export const operandsAlike = (constants: 'one' | 'channels'): Rule => ({
  name: 'shapes',
  text: `two operands of one static shape whose dimensions before the last three are 1, or one and a constant of one value${constants === 'channels' ? ' or of one for each channel' : ''}`,
  broken: (context) => {
    const [first, second, output] = [inputOf(context, 0), inputOf(context, 1), outputOf(context)];
    const shapes = [first, second, output].map((tensor) => shapeText(tensor?.shape ?? [])).join(', ');
    const [map, constant] = sides(context);
    if (map === null || map.constant || output === null || !isPlane(map) || !isPlane(output)) return `shapes ${shapes}`;
    if (elementCount(map.shape) !== elementCount(output.shape)) return `shapes ${shapes}`;
    if (planeOf(map).some((size, i) => size !== planeOf(output)[i])) return `shapes ${shapes}`;
    if (constant !== null)
      return isChannelConstant(constant, planeOf(map)[2], constants)
        ? null
        : `a constant of ${shapeText(constant.shape)}`;
    return second !== null && shapeText(second.shape) === shapeText(map.shape) ? null : `shapes ${shapes}`;
  },
});
