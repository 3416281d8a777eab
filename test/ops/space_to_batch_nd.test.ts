import { differentialTest, everyValue } from './op_test.js';
import { pictureModels, wide } from './picture_block_models.js';

describe('SPACE_TO_BATCH_ND', () => {
  differentialTest('every value', pictureModels('SPACE_TO_BATCH_ND', false), everyValue);
  differentialTest('every value of wide planes', pictureModels('SPACE_TO_BATCH_ND', false, wide), {
    ...everyValue,
    models: 6,
  });
  differentialTest('between convolutions', pictureModels('SPACE_TO_BATCH_ND', true), { mostCounts: 1, equal: 0.9995 });
});
