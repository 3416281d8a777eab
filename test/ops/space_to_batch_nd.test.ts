import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from './builder.js';
import { differentialTest, everyValue } from './op_test.js';
import { pictureModels, wide } from './picture_block_models.js';

describe('SPACE_TO_BATCH_ND', () => {
  differentialTest('every value', pictureModels('SPACE_TO_BATCH_ND', false), everyValue);
  differentialTest('every value of wide planes', pictureModels('SPACE_TO_BATCH_ND', false, wide), {
    ...everyValue,
    models: 6,
  });
  differentialTest('between convolutions', pictureModels('SPACE_TO_BATCH_ND', true), { mostCounts: 1, equal: 0.9995 });

  it('refuses more padding or pictures than it has forms for, and pictures of padding alone', () => {
    const cases: readonly (readonly [string, readonly [number, number], readonly [number, number], number])[] = [
      ['batch', [5, 4], [0, 0], 20],
      ['block', [8, 1], [0, 0], 16],
      ['block', [4, 1], [16, 0], 4],
      ['block', [4, 1], [0, 2], 2],
    ];
    for (const [rule, block, [top, bottom], height] of cases) {
      const b = new Builder(1);
      const input = b.input('int8', [1, height, 4, 8], 0.1, 3);
      const spread = [block[0] * block[1], (height + top + bottom) / block[0], 4 / block[1], 8];
      const output = b.map('int8', spread, 0.1, 3);
      const paddings = b.ints([top, bottom, 0, 0], [2, 2]);
      b.op({ op: 'SPACE_TO_BATCH_ND', version: 2, inputs: [input, b.ints(block), paddings], outputs: [output] });
      const { refusals } = compileTflite(writeTflite(b.model('', [output]).spec), { trust: 'inferred', parts: 'all' });
      expect(refusals.map((refusal) => refusal.rule)).to.deep.equal([rule]);
    }
  });
});
