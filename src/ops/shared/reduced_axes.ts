/** The axes that an op reduces to one value: of height, width and channels. */
import { constantInts } from '../../graph/graph.js';
import { type Area, wholeArea } from '../../ir/build/arrange.js';
import { planeOf, shapeText } from '../../graph/tensor.js';
import { inputOf, type OpContext, outputOf, type Rule, wrongShape } from './rule.js';

/** Which of height, width and channels are reduced. */
export type Reduced = readonly [boolean, boolean, boolean];

/** @returns null where another axis is reduced that is not 1, or none at all */
export const reducedOf = (context: OpContext): Reduced | null => {
  const shape = inputOf(context, 0)?.shape ?? [];
  const rank = shape.length;
  const axes = constantInts(inputOf(context, 1))?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? [];
  const isReduced = (fromBack: number): boolean => axes.includes(rank - fromBack);
  const known = axes.every((axis) => axis >= 0 && axis < rank && (axis >= rank - 3 || shape[axis] === 1));
  return axes.length > 0 && known ? [isReduced(3), isReduced(2), isReduced(1)] : null;
};

const axesText = (context: OpContext): string =>
  `axes ${constantInts(inputOf(context, 1))?.join(', ') ?? 'that are not constant'} of ${shapeText(inputOf(context, 0)?.shape ?? [])}`;

/** The dimensions that are not reduced. */
const leftOf = (context: OpContext): readonly number[] => {
  const shape = inputOf(context, 0)?.shape ?? [];
  const axes = constantInts(inputOf(context, 1))?.map((axis) => (axis < 0 ? axis + shape.length : axis)) ?? [];
  return shape.filter((_, axis) => !axes.includes(axis));
};

/** Over channels the output must have one: a dimension that is not kept makes channels of what stands before it. */
export const mapAxes: Rule = {
  name: 'axes',
  text: 'constant axes: of height, width and channels; with channels among them the output has one channel; an output of the dimensions that are left',
  broken: (context) => {
    const reduced = reducedOf(context);
    if (reduced === null) return axesText(context);
    const output = outputOf(context);
    const left = leftOf(context);
    // Dimensions of 1 may be kept or not.
    const real = (shape: readonly number[]): string => shape.filter((dim) => dim !== 1).join();
    if (real(output?.shape ?? []) !== real(left)) return wrongShape(output?.shape ?? [], left) ?? axesText(context);
    return reduced[2] && planeOf(output)[2] !== 1 ? `${axesText(context)} to ${shapeText(output?.shape ?? [])}` : null;
  },
};

/** The output as rows and columns of the input, whether the reduced dimensions are kept or not. */
export const reducedArea = (context: OpContext, height: number, width: number): Area => {
  const output = outputOf(context);
  const area = wholeArea(output?.index ?? -1, planeOf(output));
  return { ...area, shape: [height, width, area.plane[2]], line: width };
};

/** Whether the batch stays, as the first dimension. */
export const keepsFirstAxis = (context: OpContext): boolean => {
  const rank = inputOf(context, 0)?.shape.length ?? 0;
  return constantInts(inputOf(context, 1))?.every((axis) => axis !== 0 && axis !== -rank) ?? false;
};
