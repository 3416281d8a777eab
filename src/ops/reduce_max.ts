/** REDUCE_MAX over height, width or both: the maxima of one window that is as large as the plane. */
import { limits } from '../hardware/limits.js';
import { Spare } from './arrange.js';
import { maps, oneQuantization, oneType, perTensor, planes, unseen } from './common_rules.js';
import { windowMaxima } from './maxima.js';
import type { Axis } from './pool_windows.js';
import { spatialAxes, reducedArea, reducedOf } from './reduced_axes.js';
import { inputOf, type OpDefinition, planeOf } from './rule.js';

const windowOf = (length: number, reduced: boolean): Axis => {
  const kernel = reduced ? length : 1;
  return { length, kernel, stride: 1, pad: 0, outputs: length - kernel + 1 };
};

export const reduceMax: OpDefinition = {
  op: 'REDUCE_MAX',
  rules: [
    oneType(maps(0)),
    planes(maps(0)),
    perTensor(maps(0)),
    oneQuantization(maps(0)),
    spatialAxes,
    {
      name: 'plane',
      text: `planes to ${limits.plane}`,
      broken: (context) => {
        const [height, width] = planeOf(inputOf(context, 0));
        return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null;
      },
    },
    unseen('an int8 elementwise task'),
  ],
  lower: (context) => {
    const { node } = context;
    const plane = planeOf(inputOf(context, 0));
    const [overRows, overColumns] = reducedOf(context) ?? [false, false];
    const [rows, columns] = [windowOf(plane[0], overRows), windowOf(plane[1], overColumns)];
    const output = reducedArea(context, rows.outputs, columns.outputs);
    return windowMaxima(node.inputs[0] ?? -1, plane, [rows, columns], output, [node.index], new Spare(context.spare));
  },
};
