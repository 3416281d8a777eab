import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import type { Operation } from '../../src/ir/operation.js';
import type { Observe } from '../../src/stages.js';
import { InvalidStage } from '../../src/validate/rule.js';
import { repository } from '../host/repository.js';

const digits = new Uint8Array(readFileSync(join(repository, 'examples/digits_int8.tflite')));

/** A bug of a pass: the last operation of the list that it hands on is missing. */
const losing =
  (stage: 'fuse' | 'place'): Observe =>
  (told) => {
    if (told.stage === stage) (told.data.operations as Operation[]).pop();
  };

describe('PTFE_DEBUG', () => {
  const before = process.env['PTFE_DEBUG'];
  afterEach(() => {
    process.env['PTFE_DEBUG'] = before;
  });

  it('1: a pass that loses an operation ends the compilation, with the stage, the operation and the rule', () => {
    process.env['PTFE_DEBUG'] = '1';
    expect(() => compileTflite(digits, { trust: 'inferred' }, 0, losing('place'))).to.throw(
      InvalidStage,
      /^after place: .*t\d+ has other values \(values: the results of the part are what they would be /,
    );
  });

  it('0: nothing is looked at, and what nothing makes is refused as ever', () => {
    process.env['PTFE_DEBUG'] = '0';
    expect(() => compileTflite(digits, { trust: 'inferred' }, 0, losing('place'))).to.not.throw();
    const { refusals } = compileTflite(digits, { trust: 'inferred' }, 0, losing('fuse'));
    expect(refusals.map(({ rule }) => rule)).to.include('parts');
  });

  it('is on in tests, and makes no other plan', () => {
    expect(before, 'test/host/debug.cjs').to.be.oneOf(['0', '1']);
    const compiled = (debug: '0' | '1') => {
      process.env['PTFE_DEBUG'] = debug;
      return compileTflite(digits, { trust: 'inferred' }).parts.map(({ plan }) => plan);
    };
    expect(compiled('1')).to.deep.equal(compiled('0'));
  });
});
