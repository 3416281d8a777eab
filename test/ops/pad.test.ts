import { differentialTest, everyValue } from './op_test.js';
import { padModels, wide } from './pad_models.js';

describe('PAD, PADV2', () => {
  differentialTest('every value', padModels('nothing'), everyValue);
  differentialTest('every value of wide planes', padModels('nothing', wide), { ...everyValue, models: 6 });
  differentialTest('before a convolution', padModels('convolution'), { mostCounts: 1, equal: 0.999 });
});
