/** The largest, or smallest, code over some axes: that of one window as large as the plane, of the channels, or one after the other. */
import { buffer, type Plane, wholeArea } from '../../ir/build/arrange.js';
import { channelExtremes } from '../../ir/build/channel_maxima.js';
import { type Axis, type Extreme, windowExtremes } from '../../ir/build/maxima.js';
import { unseen } from './common_rules.js';
import { type Check, formOf } from './match.js';
import { keepsFirstAxis, reducedArea, reducedAxes } from './reduced_axes.js';
import type { OpContext, OpDefinition } from './rule.js';
import { type PlaneMaps, planeMaps, sameCodeMaps } from './unary.js';

const windowOf = (length: number, reduced: boolean): Axis => {
  const kernel = reduced ? length : 1;
  return { length, kernel, stride: 1, pad: 0, outputs: length - kernel + 1 };
};

const planeRule: Check<OpContext & PlaneMaps> = {
  name: 'plane',
  text: ({ limits }) => `planes to ${limits.plane}`,
  broken: ({ chip: { limits }, from: [height, width] }) =>
    Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null,
};

export const reducedExtreme = (op: string, extreme: Extreme): OpDefinition => ({
  op,
  keepsBatch: keepsFirstAxis,
  ...formOf(
    sameCodeMaps(planeMaps).narrow(reducedAxes).check(planeRule, unseen('an int8 elementwise task')),
    (known, fresh) => {
      const {
        chip,
        node,
        input,
        from: plane,
        reduced: [overRows, overColumns, overChannels],
      } = known;
      const [rows, columns] = [windowOf(plane[0], overRows), windowOf(plane[1], overColumns)];
      const output = reducedArea(known, rows.outputs, columns.outputs);
      const nodes = [node.index];
      if (!overChannels) return windowExtremes(extreme, input.index, plane, [rows, columns], output, nodes, fresh);
      if (!overRows && !overColumns) return channelExtremes(extreme, chip, input.index, plane, output, nodes, fresh);
      const left: Plane = [rows.outputs, columns.outputs, plane[2]];
      const made = buffer(nodes, fresh.next(), left);
      const windows = windowExtremes(
        extreme,
        input.index,
        plane,
        [rows, columns],
        wholeArea(made.output, left),
        nodes,
        fresh,
      );
      return [made, ...windows, ...channelExtremes(extreme, chip, made.output, left, output, nodes, fresh)];
    },
  ),
});
