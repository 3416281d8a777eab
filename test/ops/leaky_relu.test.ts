import { everyValue } from './op_test.js';
import { tableTest } from './table_test.js';

describe('LEAKY_RELU', () => {
  for (const alpha of [0, 0.1, 0.3, 2.5]) {
    const options = { type: 'LeakyReluOptions', fields: { alpha } } as const;
    tableTest(`alpha ${alpha}`, 'LEAKY_RELU', { options }, everyValue);
  }
});
