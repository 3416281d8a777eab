import { activated } from './elementwise_models.js';
import { differentialTest } from './op_test.js';

describe('RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1', () => {
  differentialTest('a task of their own', activated, { mostCounts: 1, equal: 0.9995 });
});
