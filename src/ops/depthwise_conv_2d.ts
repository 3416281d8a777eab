/** DEPTHWISE_CONV_2D with depth multiplier 1: the MAC array's channel-wise mode. */
import { convolutionRules, lowerConvolution } from './convolution.js';
import type { OpDefinition } from './rule.js';

export const depthwiseConv2d: OpDefinition = {
  op: 'DEPTHWISE_CONV_2D',
  rules: convolutionRules(true),
  lower: (context) => lowerConvolution(context, true),
};
