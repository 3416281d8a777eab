/** CONV_2D: a direct convolution task for each tile. */
import { convolutionRules, lowerConvolution } from './convolution.js';
import { ruledOp } from './shared/rule.js';

export const conv2d = ruledOp({
  op: 'CONV_2D',
  rules: convolutionRules(false),
  lower: (context) => lowerConvolution(context, false),
});
