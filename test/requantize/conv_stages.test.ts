import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../host/holds.js';
import { convStages, seenConvStages } from '../../src/requantize/conv_stages.js';
import type { ConvNumbers } from '../../src/requantize/division.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../../src/tflite/multiplier.js';
import type { Stages } from '../../src/requantize/stages.js';
import { applyStages } from './stage_model.js';

const clamp = (value: number, [low, high]: readonly [number, number]): number => Math.max(low, Math.min(high, value));

/** Share of accumulators that differ, over accumulators that do not all saturate; the largest difference. */
const compare = (numbers: ConvNumbers, stages: Stages, samples: number): { share: number; largest: number } => {
  let differing = 0;
  let largest = 0;
  const channels = numbers.bias.length;
  for (let i = 0; i < samples; i++) {
    const c = i % channels;
    const multiplier = numbers.multipliers[c] ?? numbers.multipliers[0] ?? { mantissa: 0, shift: 0 };
    const scale = multiplier.mantissa * 2 ** (multiplier.shift - 31);
    // Accumulators that spread over twice the codes' range; golden-ratio steps, so that no grid of the stages is favoured.
    const span = Math.min(2 ** 30, 512 / scale);
    const spread = numbers.dead[c] === true || scale === 0 ? 0 : Math.round((((i * 0.6180339887) % 1) - 0.5) * span);
    const accumulator = spread - (numbers.dead[c] === true ? 0 : (numbers.bias[c] ?? 0));
    const expected = clamp(
      multiplyByQuantizedMultiplier(accumulator + (numbers.bias[c] ?? 0), multiplier) + numbers.outputZeroPoint,
      numbers.range,
    );
    const difference = Math.abs(applyStages(stages, accumulator, c) - expected);
    if (difference > 0) differing++;
    largest = Math.max(largest, difference);
  }
  return { share: differing / samples, largest };
};

/** Log-uniform, exact powers of two left out: those stay a few percent apart, by 1 LSB (ARCHITECTURE.md, Numbers). */
const scaleArbitrary = fc.integer({ min: 0, max: 10000 }).map((step) => 2 ** (-14 + (13 * (step + 0.37)) / 10001));

const numbersArbitrary = (channels: number): fc.Arbitrary<ConvNumbers> =>
  fc
    .record({
      scale: scaleArbitrary,
      ratios: fc.array(
        fc.integer({ min: 0, max: 999 }).map((step) => -(step + 0.41) / 100),
        { minLength: channels, maxLength: channels },
      ),
      bias: fc.array(fc.integer({ min: -100000, max: 100000 }), { minLength: channels, maxLength: channels }),
      dead: fc.array(fc.constantFrom(false, false, false, true), { minLength: channels, maxLength: channels }),
      outputZeroPoint: fc.integer({ min: -128, max: 127 }),
      relu: fc.constantFrom('none', 'relu', 'relu6'),
    })
    .map(({ scale, ratios, bias, dead, outputZeroPoint, relu }) => ({
      multipliers: (channels === 1 ? [0] : ratios).map((ratio) => quantizeMultiplier(scale * 2 ** ratio)),
      bias: Int32Array.from(bias),
      dead: channels === 1 ? [false] : dead,
      outputZeroPoint,
      range:
        relu === 'none' ? [-128, 127] : [outputZeroPoint, relu === 'relu' ? 127 : Math.min(127, outputZeroPoint + 60)],
    }));

describe('quantize: convolution stages', () => {
  for (const [name, channels, worst] of [
    ['one multiplier', 1, 0.005],
    ['a multiplier for each channel', 8, 0.005],
  ] as const) {
    it(`${name}: TFLite's values but for few, none off by more than one`, () => {
      let total = 0;
      let runs = 0;
      holds(
        fc.property(numbersArbitrary(channels), (numbers) => {
          const { share, largest } = compare(numbers, convStages(numbers), 4096);
          expect(largest).to.be.at.most(1);
          expect(share).to.be.at.most(worst);
          total += share;
          runs++;
        }),
        { numRuns: 120 },
      );
      expect(total / runs).to.be.at.most(0.001);
    });
  }

  it('dead channels give exactly TFLite’s constant', () => {
    const numbers: ConvNumbers = {
      multipliers: [quantizeMultiplier(2 ** -7.3), quantizeMultiplier(1e-9), quantizeMultiplier(0.3)],
      bias: Int32Array.from([5, 1 << 30, 77]),
      dead: [false, true, true],
      outputZeroPoint: -3,
      range: [-128, 127],
    };
    const stages = convStages(numbers);
    expect(applyStages(stages, 0, 1)).to.equal(-3 + multiplyByQuantizedMultiplier(1 << 30, quantizeMultiplier(1e-9)));
    expect(applyStages(stages, 0, 2)).to.equal(-3 + 23);
  });

  it('a left shift (scale of 1 or more) stays within one count', () => {
    for (const scale of [1, 1.7, 3.9, 40]) {
      const numbers: ConvNumbers = {
        multipliers: [quantizeMultiplier(scale)],
        bias: Int32Array.of(0),
        dead: [false],
        outputZeroPoint: 0,
        range: [-128, 127],
      };
      expect(compare(numbers, convStages(numbers), 512).largest, `scale ${scale}`).to.be.at.most(1);
      const both = {
        ...numbers,
        multipliers: [quantizeMultiplier(scale), quantizeMultiplier(scale / 100)],
        bias: Int32Array.of(0, 0),
        dead: [false, false],
      };
      expect(compare(both, convStages(both), 4096).largest, `scales ${scale}, ${scale / 100}`).to.be.at.most(1);
    }
  });

  it('a channel that TFLite rounds once costs the others nothing, and is right itself', () => {
    for (const scale of [0.5513, 0.9717, 1.3171, 2.9237]) {
      for (const outputZeroPoint of [-128, 0]) {
        const numbers: ConvNumbers = {
          multipliers: [scale, 0.013, 0.0021, 0.11].map(quantizeMultiplier),
          bias: Int32Array.of(17, -300, 5000, 0),
          dead: [false, false, false, false],
          outputZeroPoint,
          range: [-128, 127],
        };
        const { share, largest } = compare(numbers, convStages(numbers), 1 << 14);
        expect(largest, `scale ${scale}`).to.be.at.most(1);
        // Below the zero-point TFLite's second rounding of the small channels goes the other way.
        if (outputZeroPoint === -128) expect(share, `scale ${scale}`).to.be.at.most(0.0003);
      }
    }
  });

  it('the seen forms stay within one count or are refused', () => {
    holds(
      fc.property(numbersArbitrary(4), (numbers) => {
        const stages = seenConvStages(numbers);
        if (stages !== null) expect(compare(numbers, stages, 1024).largest).to.be.at.most(1);
      }),
      { numRuns: 60 },
    );
  });
});
