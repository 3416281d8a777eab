/** The fused activation of a node, as limits of its output's codes. */
import type { ByteTensor } from '../../graph/tensor.js';
import { activationLimits } from './code_range.js';
import { knownActivation } from './common_rules.js';
import { established } from './match.js';
import type { OpContext } from './rule.js';

export interface Activated {
  /** The NPU's codes that the activation leaves, and whether a task's own stages can clamp to them. */
  readonly limits: { readonly range: readonly [number, number]; readonly fits: boolean };
}

const limitsOf = (known: OpContext & { readonly output: ByteTensor }): Activated | null => {
  const limits = activationLimits(known);
  return limits === null ? null : { limits };
};

export const fusedActivation = established(knownActivation, limitsOf);

/** Where a rule before it asks for the output's scale. */
export const fusedActivationOf = (text: string) => established({ ...knownActivation, text }, limitsOf);
