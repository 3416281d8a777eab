/**
 * MAX_POOL_2D: elementwise maxima of the plane and of itself shifted (maxima.ts). Nothing is rounded, so every value is
 * TFLite's.
 */
import { wholeArea } from '../ir/build/arrange.js';
import { spanOf, strideOf, windowExtremes } from '../ir/build/maxima.js';
import { fusedActivation } from './shared/activation.js';
import { clampsBehind } from './shared/code_range.js';
import { unseen } from './shared/common_rules.js';
import { type Check, formOf } from './shared/match.js';
import { type PoolAxes, poolAxes } from './shared/pool_windows.js';
import type { OpContext, OpDefinition } from './shared/rule.js';
import { planeMaps, sameCodeMaps } from './shared/unary.js';

const window: Check<OpContext & PoolAxes> = {
  name: 'window',
  text: ({ limits }) => `strides to ${limits.stride}, padding to ${limits.pad}, planes to ${limits.plane} with padding`,
  broken: ({ chip: { limits }, axes: [y, x] }) => {
    if (Math.max(strideOf(y), strideOf(x)) > limits.stride) return `stride ${y.stride}x${x.stride}`;
    if (Math.max(y.pad, x.pad) > limits.pad) return `padding ${y.pad}x${x.pad}`;
    const [height, width] = [spanOf(y), spanOf(x)];
    const behind = Math.max(height - y.length - y.pad, width - x.length - x.pad);
    if (behind > limits.pad) return `padding of ${behind} behind the plane`;
    return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null;
  },
};

export const maxPool2d: OpDefinition = {
  op: 'MAX_POOL_2D',
  ...formOf(
    sameCodeMaps(planeMaps).narrow(fusedActivation).narrow(poolAxes).check(window, unseen('an int8 elementwise task')),
    ({ node, input, output, from, to, axes, limits: { range } }, fresh) => {
      const nodes = [node.index];
      const maxima = windowExtremes('max', input.index, from, axes, wholeArea(output.index, to), nodes, fresh);
      return [...maxima, ...clampsBehind(nodes, output.index, range)];
    },
  ),
};
