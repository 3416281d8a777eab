import { floats, tableTest } from './table_test.js';

describe('GELU', () => {
  for (const approximate of [false, true]) {
    const options = { type: 'GeluOptions', fields: { approximate } } as const;
    tableTest(approximate ? 'by tanh' : 'by erf', 'GELU', { options }, floats);
  }
});
