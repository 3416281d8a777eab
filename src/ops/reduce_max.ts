/** REDUCE_MAX: the maxima of one window that is as large as the plane, or the largest channel, or one after the other. */
import { limits } from '../hardware/limits.js';
import { buffer, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { channelMaxima } from '../ir/build/channel_maxima.js';
import { maps, planes, sameCodes, unseen } from './shared/common_rules.js';
import { windowMaxima } from '../ir/build/maxima.js';
import type { Axis } from '../ir/build/maxima.js';
import { keepsFirstAxis, mapAxes, reducedArea, reducedOf } from './shared/reduced_axes.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpDefinition } from './shared/rule.js';

const windowOf = (length: number, reduced: boolean): Axis => {
  const kernel = reduced ? length : 1;
  return { length, kernel, stride: 1, pad: 0, outputs: length - kernel + 1 };
};

export const reduceMax: OpDefinition = {
  op: 'REDUCE_MAX',
  keepsBatch: keepsFirstAxis,
  rules: [
    ...sameCodes(maps(0), planes),
    mapAxes,
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
    const [overRows, overColumns, overChannels] = reducedOf(context) ?? [false, false, false];
    const [rows, columns] = [windowOf(plane[0], overRows), windowOf(plane[1], overColumns)];
    const output = reducedArea(context, rows.outputs, columns.outputs);
    const [input, nodes, spare] = [node.inputs[0] ?? -1, [node.index], new Spare(context.spare)];
    if (!overChannels) return windowMaxima(input, plane, [rows, columns], output, nodes, spare);
    if (!overRows && !overColumns) return channelMaxima(input, plane, output, nodes, spare);
    const left: Plane = [rows.outputs, columns.outputs, plane[2]];
    const made = buffer(nodes, spare.next(), left);
    const windows = windowMaxima(input, plane, [rows, columns], wholeArea(made.output, left), nodes, spare);
    return [made, ...windows, ...channelMaxima(made.output, left, output, nodes, spare)];
  },
};
