import { rescaled } from './elementwise_models.js';
import { differentialTest } from './op_test.js';

describe('QUANTIZE', () => {
  differentialTest('int8 and uint8', rescaled, { mostCounts: 1, equal: 0.9995 });
});
