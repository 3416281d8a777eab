/** How the windows of a pool lie on the plane, and where they hold how many pixels. */
import type { Axis } from '../../ir/build/maxima.js';
import { padding } from '../../tflite/operators.js';
import { planeOf } from '../../graph/tensor.js';
import { inputOf, type OpContext } from './rule.js';

export const axisOf = (length: number, kernel: number, stride: number, mode: number): Axis => {
  const same = mode === padding.same;
  const outputs = same ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);
  const pad = same ? Math.floor(Math.max(0, (outputs - 1) * stride + kernel - length) / 2) : 0;
  return { length, kernel, stride, pad, outputs };
};

/** Both axes of a pool: rows, columns. */
export const poolAxes = (context: OpContext): readonly [Axis, Axis] => {
  const [height, width] = planeOf(inputOf(context, 0));
  const { padding: mode = 0, filterH = 0, filterW = 0, strideH = 0, strideW = 0 } = context.node.params;
  return [axisOf(height, filterH, strideH, mode), axisOf(width, filterW, strideW, mode)];
};

/** Neighbouring outputs whose windows hold equally many pixels. */
export interface Range {
  readonly first: number;
  readonly outputs: number;
  /** Pixels of each window. */
  readonly count: number;
  /** Pixels that all these windows touch, and the padding in front of the first window. */
  readonly start: number;
  readonly length: number;
  readonly pad: number;
}

/** Ranges in order. @param most outputs of one range */
export const rangesOf = (axis: Axis, most: number): readonly Range[] => {
  const { length, kernel, stride, pad, outputs } = axis;
  const countOf = (output: number): number => {
    const from = output * stride - pad;
    return Math.min(length, from + kernel) - Math.max(0, from);
  };
  const ranges: Range[] = [];
  for (let first = 0; first < outputs;) {
    let end = first + 1;
    while (end < outputs && end - first < most && countOf(end) === countOf(first)) end++;
    const from = first * stride - pad;
    const start = Math.max(0, from);
    const last = Math.min(length, (end - 1) * stride - pad + kernel);
    ranges.push({
      first,
      outputs: end - first,
      count: countOf(first),
      start,
      length: last - start,
      // One window needs no padding: its pixels are its kernel.
      pad: end - first === 1 ? 0 : Math.max(0, -from),
    });
    first = end;
  }
  return ranges;
};
