import { floats, tableTest } from './table_test.js';

describe('ELU', () => {
  tableTest('a table', 'ELU', { int8Only: true }, { ...floats, kernels: 'optimized' });
});
