/** DEPTHWISE_CONV_2D: the MAC array's channel-wise mode; with several outputs for a channel a direct convolution. */
import { convolutionRules, lowerConvolution } from './convolution.js';
import type { OpDefinition } from './shared/rule.js';

export const depthwiseConv2d: OpDefinition = {
  op: 'DEPTHWISE_CONV_2D',
  rules: convolutionRules(true),
  lower: (context) => lowerConvolution(context, true),
};
