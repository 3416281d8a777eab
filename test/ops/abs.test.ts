import { expect } from 'chai';
import { everyValue } from './op_test.js';
import { refusedFor } from './refused.js';
import { tableTest } from './table_test.js';

describe('ABS', () => {
  tableTest('a table', 'ABS', { int8Only: true, version: 2 }, everyValue);

  it('refuses uint8, which TFLite lacks', () => {
    expect(refusedFor('ABS', 'uint8', 0)).to.deep.equal(['type uint8']);
  });
});
