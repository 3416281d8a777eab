import { blockModels } from './block_models.js';
import { differentialTest, everyValue } from './op_test.js';

describe('DEPTH_TO_SPACE', () => {
  differentialTest('every value', blockModels('DEPTH_TO_SPACE', 'nothing'), everyValue);
  differentialTest('among other ops', blockModels('DEPTH_TO_SPACE', 'anything'), { mostCounts: 1, equal: 0.9995 });
});
