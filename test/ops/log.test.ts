import { expect } from 'chai';
import { refusedFor } from './refused.js';
import { floats, tableTest } from './table_test.js';

describe('LOG', () => {
  tableTest('a table', 'LOG', { int8Only: true, version: 2 }, { ...floats, runtime: 'ai_edge_litert' });

  it('refuses uint8, which TFLite lacks', () => {
    expect(refusedFor('LOG', 'uint8', 0)).to.deep.equal(['type uint8']);
  });
});
