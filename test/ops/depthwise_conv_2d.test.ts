import { convModels, dilated, multiplied } from './conv_models.js';
import { differentialTest } from './op_test.js';

describe('DEPTHWISE_CONV_2D, forms beside those of differential.test.ts', () => {
  const within = { mostCounts: 1, equal: 0.999 };
  differentialTest('dilation', convModels(dilated('DEPTHWISE_CONV_2D')), within);
  differentialTest('depth multipliers', convModels(multiplied), within);
});
