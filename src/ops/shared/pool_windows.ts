/** How the windows of a pool lie on the plane, and where they hold how many pixels. */
import type { Axis } from '../../ir/build/maxima.js';
import { padding } from '../../tflite/operators.js';
import type { Narrowing } from './match.js';
import { optionOf } from '../../graph/options.js';
import { type OpContext, wrongShape } from './rule.js';
import type { PlaneMaps } from './unary.js';

const axisOf = (length: number, kernel: number, stride: number, mode: number): Axis => {
  const same = mode === padding.same;
  const outputs = same ? Math.ceil(length / stride) : Math.ceil((length - kernel + 1) / stride);
  const pad = same ? Math.floor(Math.max(0, (outputs - 1) * stride + kernel - length) / 2) : 0;
  return { length, kernel, stride, pad, outputs };
};

export interface PoolAxes {
  /** Rows, columns. */
  readonly axes: readonly [Axis, Axis];
}

/** How the windows lie on the plane. */
export const poolAxes: Narrowing<OpContext & PlaneMaps, PoolAxes> = {
  name: 'output-shape',
  text: 'SAME or VALID padding, windows and strides from 1, and the output shape that follows from them',
  narrow: ({ node, from: [height, width, channels], to }) => {
    const [mode, strideH, strideW] = [optionOf(node, 'padding'), optionOf(node, 'strideH'), optionOf(node, 'strideW')];
    const [filterH, filterW] = [optionOf(node, 'filterH'), optionOf(node, 'filterW')];
    if (
      ![padding.same, padding.valid].some((known) => known === mode) ||
      Math.min(strideH, strideW, filterH, filterW) < 1
    )
      return `padding of kind ${mode}, strides ${strideH}x${strideW}, a window of ${filterH}x${filterW}`;
    const [y, x] = [axisOf(height, filterH, strideH, mode), axisOf(width, filterW, strideW, mode)];
    return wrongShape(to, [y.outputs, x.outputs, channels]) ?? { axes: [y, x] };
  },
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
