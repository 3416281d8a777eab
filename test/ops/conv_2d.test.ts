import { convModels, deep, deepest, dilated, grouped, largeGroups } from './conv_models.js';
import { differentialTest } from './op_test.js';

describe('CONV_2D, forms beside those of differential.test.ts', () => {
  const within = { mostCounts: 1, equal: 0.999 };
  differentialTest('dilation', convModels(dilated('CONV_2D')), within);
  differentialTest('groups', convModels(grouped), within);
  differentialTest('kernels of which 32 do not fit', convModels(largeGroups), { ...within, models: 12 });
  differentialTest('more than 4,608 products for an output value', convModels(deep), { ...within, models: 16 });
  differentialTest('more than 20,000 products', convModels(deepest), { ...within, models: 8 });
});
