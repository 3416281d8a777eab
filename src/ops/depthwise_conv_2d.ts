/** DEPTHWISE_CONV_2D: the MAC array's channel-wise mode; with several outputs for a channel a direct convolution. */
import { convolutionRules, lowerConvolution } from './convolution.js';
import { ruledOp } from './shared/rule.js';

export const depthwiseConv2d = ruledOp({
  op: 'DEPTHWISE_CONV_2D',
  rules: convolutionRules(true),
  lower: (context) => lowerConvolution(context, true),
});
