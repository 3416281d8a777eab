import { expect } from 'chai';
import fc from 'fast-check';
import { rk3588 } from '../../src/hardware/chips.js';
import { ConstantBuffer } from '../../src/allocate/constants.js';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { holds } from '../host/holds.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved } from '../ops/builder.js';

/** Bytes of weights and operands in the plan of a convolution of so many pictures. */
const constantBytes = (pictures: number, depthwise: boolean): number => {
  const b = new Builder(1);
  const shape = [pictures, 6, 6, 64];
  const { index } = convolved(b, 'int8', b.input('int8', shape, 0.1, 3), shape, 64, { kernel: 3, depthwise }, 0.1, 3);
  const { parts } = compileTflite(writeTflite(b.model('', [index]).spec), { trust: 'inferred', parts: 'all' });
  expect(parts).to.have.lengthOf(1);
  return readPlan(parts[0]?.plan ?? new Uint8Array()).bos.find(({ kind }) => kind === 'constants')?.size ?? 0;
};

describe('constants', () => {
  it('of equal bytes are kept once, of others each where it says', () => {
    holds(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5, max: 1 })), (all) => {
        const buffer = new ConstantBuffer(rk3588);
        const offsets = all.map((bytes) => buffer.place(Uint8Array.from(bytes)));
        const stored = buffer.bytes();
        for (const [i, bytes] of all.entries()) {
          const at = offsets[i] ?? -1;
          expect([...stored.subarray(at, at + bytes.length)]).to.deep.equal([...bytes]);
          for (const [j, other] of all.entries())
            expect(offsets[j] === at || bytes.length === 0 || other.length === 0).to.equal(
              bytes.length === 0 || other.length === 0 || bytes.join() === other.join(),
            );
        }
      }),
    );
  });

  for (const depthwise of [false, true]) {
    it(`of a batch are those of one picture (${depthwise ? 'depthwise' : 'direct'})`, () => {
      const one = constantBytes(1, depthwise);
      for (const pictures of [2, 3, 8]) expect(constantBytes(pictures, depthwise)).to.equal(one);
    });
  }
});
