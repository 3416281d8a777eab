import { floats, tableTest } from './table_test.js';

describe('EXP', () => {
  tableTest('a table', 'EXP', { int8Only: true }, { ...floats, kernels: 'optimized', refused: 0.4 });
});
