/** The axes that an op reduces to one value: height, width or both. */
import { constantInts } from '../model/graph.js';
import { type Area, wholeArea } from './arrange.js';
import { inputOf, type OpContext, outputOf, planeOf, type Rule, shapeText } from './rule.js';

/** Which of height and width are reduced; null where another axis is. */
export const reducedOf = (context: OpContext): readonly [boolean, boolean] | null => {
  const rank = inputOf(context, 0)?.shape.length ?? 0;
  const axes = constantInts(inputOf(context, 1))?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? [];
  const [row, column] = [axes.includes(rank - 3), axes.includes(rank - 2)];
  return axes.length > 0 && axes.every((axis) => axis === rank - 3 || axis === rank - 2) ? [row, column] : null;
};

export const constantAxes: Rule = {
  name: 'axes',
  text: 'constant axes: height, width or both',
  broken: (context) => {
    const axes = constantInts(inputOf(context, 1));
    return reducedOf(context) === null
      ? `axes ${axes?.join(', ') ?? 'that are not constant'} of ${shapeText(inputOf(context, 0)?.shape ?? [])}`
      : null;
  },
};

/** The output as rows and columns of the input, whether the reduced dimensions are kept or not. */
export const reducedArea = (context: OpContext, height: number, width: number): Area => {
  const output = outputOf(context);
  const area = wholeArea(output?.index ?? -1, planeOf(output));
  return { ...area, shape: [height, width, area.plane[2]], line: width };
};
