/** The axes that an op reduces to one value: of height, width and channels. */
import { constantInts } from '../../graph/graph.js';
import { shapeText } from '../../graph/tensor.js';
import { type Area, wholeArea } from '../../ir/build/arrange.js';
import type { Narrowing } from './match.js';
import { inputOf, type OpContext, wrongShape } from './rule.js';
import type { ByteMaps, PlaneMaps } from './unary.js';

/** Which of height, width and channels are reduced. */
export type Reduced = readonly [boolean, boolean, boolean];

export interface ReducedAxes {
  readonly reduced: Reduced;
}

/** The constant axes, counted from the front; null where they are none. */
const axesOf = (context: OpContext, rank: number): readonly number[] | null =>
  constantInts(inputOf(context, 1))?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? null;

/** @returns null where another axis is reduced that is not 1, or none at all */
const reducedOf = (axes: readonly number[], shape: readonly number[]): Reduced | null => {
  const rank = shape.length;
  const isReduced = (fromBack: number): boolean => axes.includes(rank - fromBack);
  const known = axes.every((axis) => axis >= 0 && axis < rank && (axis >= rank - 3 || shape[axis] === 1));
  return axes.length > 0 && known ? [isReduced(3), isReduced(2), isReduced(1)] : null;
};

/** Over channels the output must have one: a dimension that is not kept makes channels of what stands before it. */
export const reducedAxes: Narrowing<OpContext & ByteMaps & PlaneMaps, ReducedAxes> = {
  name: 'axes',
  text: 'constant axes: of height, width and channels; with channels among them the output has one channel; an output of the dimensions that are left',
  narrow: (known) => {
    const { shape } = known.input;
    const axes = axesOf(known, shape.length);
    const stored = constantInts(inputOf(known, 1))?.join(', ') ?? 'that are not constant';
    const text = `axes ${stored} of ${shapeText(shape)}`;
    const reduced = axes === null ? null : reducedOf(axes, shape);
    if (axes === null || reduced === null) return text;
    const left = shape.filter((_, axis) => !axes.includes(axis));
    // Dimensions of 1 may be kept or not.
    const real = (dims: readonly number[]): string => dims.filter((dim) => dim !== 1).join();
    if (real(known.output.shape) !== real(left)) return wrongShape(known.output.shape, left) ?? text;
    return reduced[2] && known.to[2] !== 1 ? `${text} to ${shapeText(known.output.shape)}` : { reduced };
  },
};

/** The output as rows and columns of the input, whether the reduced dimensions are kept or not. */
export const reducedArea = ({ output, to }: ByteMaps & PlaneMaps, height: number, width: number): Area => {
  const area = wholeArea(output.index, to);
  return { ...area, shape: [height, width, to[2]], line: width };
};

/** Whether the batch stays, as the first dimension. */
export const keepsFirstAxis = (context: OpContext): boolean => {
  const [input, axes] = [inputOf(context, 0), constantInts(inputOf(context, 1))];
  return input !== null && axes !== null && axes.every((axis) => axis !== 0 && axis !== -input.shape.length);
};
