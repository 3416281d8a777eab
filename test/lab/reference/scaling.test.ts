import { expect } from 'chai';
import fc from 'fast-check';
import { requantizer } from '../../../src/lab/reference/requantize.js';
import { multiplyByQuantizedMultiplier } from '../../../src/tflite/multiplier.js';
import { holds } from '../../host/holds.js';

describe("the reference's scaling", () => {
  it('scaling, value by value against the BigInt form', () => {
    const int32 = fc.oneof(fc.integer(), fc.constantFrom(2 ** 31 - 1, -(2 ** 31), 0, 1, -1));
    const multiplier = fc.record({
      mantissa: fc.oneof(fc.constant(0), fc.constant(2 ** 30), fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 })),
      shift: fc.integer({ min: -31, max: 8 }),
    });
    holds(
      fc.property(int32, multiplier, (value, scale) => {
        expect(requantizer(scale)(value) + 0).to.equal(multiplyByQuantizedMultiplier(value, scale) + 0);
      }),
      { numRuns: 20_000 },
    );
  });
});
