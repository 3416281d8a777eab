/**
 * MAX_POOL_2D: elementwise maxima of the plane and of itself shifted (maxima.ts). Nothing is rounded, so every value is
 * TFLite's.
 */
import { limits } from '../hardware/limits.js';
import { Spare, wholeArea } from '../ir/build/arrange.js';
import { knownActivation, maps, planes, sameCodes, unseen } from './shared/common_rules.js';
import { activationClamps } from './shared/code_range.js';
import { spanOf, strideOf, windowMaxima } from '../ir/build/maxima.js';
import type { Operation } from '../ir/operation.js';
import { poolAxes } from './shared/pool_windows.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, wrongShape } from './shared/rule.js';

const lowered = (context: OpContext): readonly Operation[] => {
  const { node } = context;
  const [input, output] = [inputOf(context, 0), outputOf(context)];
  const target = wholeArea(output?.index ?? -1, planeOf(output));
  const spare = new Spare(context.spare);
  const axes = poolAxes(context);
  const maxima = windowMaxima(input?.index ?? -1, planeOf(input), axes, target, [node.index], spare);
  return [...maxima, ...activationClamps(context)];
};

export const maxPool2d: OpDefinition = {
  op: 'MAX_POOL_2D',
  rules: [
    ...sameCodes(maps(0), planes),
    knownActivation,
    {
      name: 'output-shape',
      text: 'SAME or VALID padding, windows and strides from 1, and the output shape that follows from them',
      broken: (context) => {
        const [y, x] = poolAxes(context);
        const { padding: mode = 0, strideH = 0, strideW = 0 } = context.node.params;
        if (![1, 2].includes(mode) || Math.min(strideH, strideW, y.kernel, x.kernel) < 1)
          return `padding of kind ${mode}, strides ${strideH}x${strideW}, a window of ${y.kernel}x${x.kernel}`;
        return wrongShape(planeOf(outputOf(context)), [y.outputs, x.outputs, planeOf(inputOf(context, 0))[2]]);
      },
    },
    {
      name: 'window',
      text: `strides to ${limits.stride}, padding to ${limits.pad}, planes to ${limits.plane} with padding`,
      broken: (context) => {
        const [y, x] = poolAxes(context);
        if (Math.max(strideOf(y), strideOf(x)) > limits.stride) return `stride ${y.stride}x${x.stride}`;
        if (Math.max(y.pad, x.pad) > limits.pad) return `padding ${y.pad}x${x.pad}`;
        const [height, width] = [spanOf(y), spanOf(x)];
        const behind = Math.max(height - y.length - y.pad, width - x.length - x.pad);
        if (behind > limits.pad) return `padding of ${behind} behind the plane`;
        return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null;
      },
    },
    unseen('an int8 elementwise task'),
  ],
  lower: lowered,
};
