import { expect } from 'chai';
import { everyValue } from './op_test.js';
import { refusedFor } from './refused.js';
import { tableTest } from './table_test.js';

describe('RSQRT', () => {
  tableTest('a table', 'RSQRT', { int8Only: true, positive: true, version: 2 }, everyValue);

  it('refuses uint8, which TFLite lacks, and codes at which it stops', () => {
    expect(refusedFor('RSQRT', 'uint8', 0)).to.deep.equal(['type uint8']);
    expect(refusedFor('RSQRT', 'int8', -127)).to.deep.equal(['an input zero-point of -127']);
    expect(refusedFor('RSQRT', 'int8', -128)).to.deep.equal([]);
  });
});
