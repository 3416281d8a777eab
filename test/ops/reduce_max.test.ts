import { differentialTest, everyValue } from './op_test.js';
import { channelModels, reduceModels } from './reduce_models.js';

describe('REDUCE_MAX', () => {
  differentialTest('every value', reduceModels('REDUCE_MAX', 'same'), everyValue);
  differentialTest('over channels', channelModels('REDUCE_MAX', 'same'), everyValue);
});
