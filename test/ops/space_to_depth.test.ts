import { blockModels } from './block_models.js';
import { differentialTest, everyValue } from './op_test.js';

describe('SPACE_TO_DEPTH', () => {
  differentialTest('every value', blockModels('SPACE_TO_DEPTH', 'nothing'), everyValue);
  differentialTest('among other ops', blockModels('SPACE_TO_DEPTH', 'anything'), { mostCounts: 1, equal: 0.9995 });
});
