import { differentialTest, everyValue } from './op_test.js';
import { pictureModels, wide } from './picture_block_models.js';

describe('BATCH_TO_SPACE_ND', () => {
  differentialTest('every value', pictureModels('BATCH_TO_SPACE_ND', false), everyValue);
  differentialTest('every value of wide planes', pictureModels('BATCH_TO_SPACE_ND', false, wide), {
    ...everyValue,
    models: 6,
  });
  differentialTest('between convolutions', pictureModels('BATCH_TO_SPACE_ND', true), { mostCounts: 1, equal: 0.9995 });
});
