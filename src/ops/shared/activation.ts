/** The fused activation of a node, as limits of its output's codes. */
import { type ByteTensor, perTensorOf, signedCode } from '../../graph/tensor.js';
import { clampFits } from '../../requantize/conv_stages.js';
import { codeMax, codeMin } from '../../requantize/division.js';
import { activationRange } from '../../tflite/multiplier.js';
import { activation } from '../../tflite/operators.js';
import { knownActivation } from './common_rules.js';
import { established } from './match.js';
import { optionOf } from '../../graph/options.js';
import type { OpContext } from './rule.js';

export interface Activated {
  /** The NPU's codes that the activation leaves, and whether a task's own stages can clamp to them. */
  readonly limits: { readonly range: readonly [number, number]; readonly fits: boolean };
}

const limitsOf = ({ node, output }: OpContext & { readonly output: ByteTensor }): Activated | null => {
  const code = optionOf(node, 'activation');
  // Without one the scale does not matter.
  if (code === activation.none) return { limits: { range: [codeMin, codeMax], fits: true } };
  const quantization = perTensorOf(output);
  if (quantization === null) return null;
  const { scale, stored, zeroPoint: outputZeroPoint } = quantization;
  const codes = activationRange(code, scale, stored, output.type);
  if (codes === null) return null;
  const range = [signedCode(codes[0], output.type), signedCode(codes[1], output.type)] as const;
  return { limits: { range, fits: clampFits({ range, outputZeroPoint }) } };
};

export const fusedActivation = established(knownActivation, limitsOf);

/** Where a rule before it asks for the output's scale. */
export const fusedActivationOf = (text: string) => established({ ...knownActivation, text }, limitsOf);
