/** The NPU's codes that an activation leaves. */
import type { Tensor } from '../model/graph.js';
import { activationRange } from '../quantize/multiplier.js';
import { isByteTensor, quantizationOf, signedCode } from './rule.js';

/** @returns null for an unknown activation or a tensor that holds no bytes */
export const codeRange = (output: Tensor | null, activation: number): readonly [number, number] | null => {
  if (!isByteTensor(output)) return null;
  const zero = output.quantization?.zeroPoints[0] ?? 0;
  const codes = activationRange(activation, quantizationOf(output).scale, zero, output.type);
  return codes === null ? null : [signedCode(codes[0], output.type), signedCode(codes[1], output.type)];
};
