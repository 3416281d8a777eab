/** The NPU's codes that an activation leaves, and how they are kept. */
import type { Tensor } from '../../graph/graph.js';
import { clampFits } from '../../requantize/conv_stages.js';
import { activationRange, codesBetween } from '../../tflite/multiplier.js';
import type { ClampOperation } from '../../ir/operation.js';
import { type ByteTensor, isByteTensor, type PerTensor, quantizationOf, signedCode } from '../../graph/tensor.js';
import { type OpContext, outputOf } from './rule.js';

/** @returns null for an unknown activation or a tensor that holds no bytes */
export const codeRange = (output: Tensor | null, activation: number): readonly [number, number] | null => {
  if (!isByteTensor(output)) return null;
  const zero = output.quantization?.zeroPoints[0] ?? 0;
  const codes = activationRange(activation, quantizationOf(output).scale, zero, output.type);
  return codes === null ? null : [signedCode(codes[0], output.type), signedCode(codes[1], output.type)];
};

/** As `codeRange`, for limits that are real numbers. */
export const rangeBetween = (
  { scale, stored }: PerTensor,
  type: ByteTensor['type'],
  bounds: readonly [number, number],
): readonly [number, number] => {
  const [low, high] = codesBetween(bounds, scale, stored, type);
  return [signedCode(low, type), signedCode(high, type)];
};

/** The range of a node's activation, and whether a task's own stages can clamp to it. */
export const activationLimits = (
  context: OpContext,
): { readonly range: readonly [number, number]; readonly fits: boolean } | null => {
  const output = outputOf(context);
  const range = codeRange(output, context.node.params['activation'] ?? 0);
  if (range === null || output === null) return null;
  return { range, fits: clampFits({ range, outputZeroPoint: quantizationOf(output).zeroPoint }) };
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
