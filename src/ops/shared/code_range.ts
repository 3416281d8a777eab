/** The NPU's codes that an activation leaves, and how they are kept. */
import { codesBetween } from '../../tflite/multiplier.js';
import type { ClampOperation } from '../../ir/operation.js';
import { type ByteTensor, type PerTensor, signedCode } from '../../graph/tensor.js';

/** Of limits that are real numbers. */
export const rangeBetween = (
  { scale, stored }: PerTensor,
  type: ByteTensor['type'],
  bounds: readonly [number, number],
): readonly [number, number] => {
  const [low, high] = codesBetween(bounds, scale, stored, type);
  return [signedCode(low, type), signedCode(high, type)];
};

/** Clamps what a task has written, where it stands. */
export const clampBehind = (
  nodes: readonly number[],
  output: number,
  range: readonly [number, number],
): ClampOperation => ({
  kind: 'clamp',
  nodes,
  input: output,
  output,
  range,
});

/** The clamp behind a task that cannot clamp by itself; none where every code is in the range. */
export const clampsBehind = (
  nodes: readonly number[],
  output: number,
  range: readonly [number, number],
): readonly ClampOperation[] => (range[0] === -128 && range[1] === 127 ? [] : [clampBehind(nodes, output, range)]);
