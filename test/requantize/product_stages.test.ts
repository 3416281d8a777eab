import { expect } from 'chai';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../../src/tflite/multiplier.js';
import { type ProductNumbers, productStages } from '../../src/requantize/product_stages.js';
import { applyStages } from './stage_model.js';

interface Apart {
  readonly share: number;
  readonly largest: number;
}

/** Over codes of both operands that leave no pattern out. */
const apart = (numbers: ProductNumbers): Apart => {
  const stages = productStages(numbers);
  if (stages === null) throw new Error('no stages');
  const [low, high] = numbers.range;
  let [differing, largest, count] = [0, 0, 0];
  for (let first = -128; first < 128; first += 3) {
    for (let second = -128; second < 128; second++, count++) {
      const product = (first - numbers.zeroPoints[0]) * (second - numbers.zeroPoints[1]);
      const expected = multiplyByQuantizedMultiplier(product, numbers.multiplier) + numbers.outputZeroPoint;
      const got = applyStages(stages, first, 0, second);
      const distance = Math.abs(got - Math.max(low, Math.min(high, expected)));
      differing += distance > 0 ? 1 : 0;
      largest = Math.max(largest, distance);
    }
  }
  return { share: differing / count, largest };
};

const numbersOf = (scale: number, second: number, output: number): ProductNumbers => ({
  multiplier: quantizeMultiplier(scale),
  zeroPoints: [13, second],
  outputZeroPoint: output,
  range: [-128, 127],
});

describe('quantize: products of two feature maps', () => {
  it('a gate of one sign with a scale of few bits: every value', () => {
    for (const exponent of [-3, -6, -7, Math.log2(0.75) - 5])
      for (const gate of [-128, 127])
        expect(apart(numbersOf(2 ** exponent, gate, 5)), `2^${exponent}, ${gate}`).to.deep.equal({
          share: 0,
          largest: 0,
        });
  });
  it('results above the zero-point alone: every value of a power of two, far from it too', () => {
    for (const exponent of [-6, -7, -8, -9])
      expect(apart(numbersOf(2 ** exponent, -128, -128)), `2^${exponent}`).to.deep.equal({ share: 0, largest: 0 });
  });
  it('other scales and signs: at most one count, hardly ever', () => {
    for (const [scale, output, most] of [
      [2 ** -8, 0, 0.003],
      [0.6 * 2 ** -7, -128, 0.001],
      [0.75 * 2 ** -8, 0, 0.003],
      [0.9 * 2 ** -6, 40, 0.002],
    ] as const) {
      const { share, largest } = apart(numbersOf(scale, -20, output));
      expect(largest, `${scale}`).to.be.at.most(1);
      expect(share, `${scale}`).to.be.at.most(most);
    }
  });
});
