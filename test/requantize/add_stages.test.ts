import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../host/holds.js';
import { addStages, type AddNumbers } from '../../src/requantize/add_stages.js';
import { fusedAddStages } from '../../src/requantize/fused_add_stages.js';
import { multiplyByQuantizedMultiplier, quantizeMultiplier } from '../../src/tflite/multiplier.js';
import { applyStages } from './stage_model.js';

/** TFLite's ADD on codes, from its reference kernel's rules: both operands at 2^20, one more multiplier for the sum. */
const tfliteAdd = (numbers: AddNumbers, first: number, second: number): number => {
  const twice = 2 * Math.max(numbers.firstScale, numbers.secondScale);
  const scaled = (code: number, zero: number, scale: number): number =>
    multiplyByQuantizedMultiplier((code - zero) * 2 ** 20, quantizeMultiplier(scale / twice));
  const sum =
    scaled(first, numbers.firstZeroPoint, numbers.firstScale) +
    scaled(second, numbers.secondZeroPoint, numbers.secondScale);
  const out =
    multiplyByQuantizedMultiplier(sum, quantizeMultiplier(twice / (2 ** 20 * numbers.outputScale))) +
    numbers.outputZeroPoint;
  return Math.max(numbers.range[0], Math.min(numbers.range[1], out));
};

const scale = fc.double({ min: -6, max: 0, noNaN: true }).map((exponent) => Math.fround(2 ** exponent));
const zero = fc.integer({ min: -128, max: 127 });
const numbersArbitrary: fc.Arbitrary<AddNumbers> = fc
  .record({
    firstScale: scale,
    secondScale: scale,
    outputScale: scale,
    firstZeroPoint: zero,
    secondZeroPoint: zero,
    outputZeroPoint: zero,
    relu: fc.boolean(),
  })
  .map(({ relu, ...numbers }) => ({
    ...numbers,
    range: relu ? [numbers.outputZeroPoint, Math.min(127, numbers.outputZeroPoint + 90)] : [-128, 127],
  }));

const differingShare = (numbers: AddNumbers): { share: number; largest: number } => {
  const stages = addStages(numbers);
  if (stages === null) return { share: 0, largest: 0 };
  let differing = 0;
  let largest = 0;
  let count = 0;
  for (let first = -128; first < 128; first += 5) {
    for (let second = -128; second < 128; second += 3, count++) {
      const difference = Math.abs(applyStages(stages, first, 0, second) - tfliteAdd(numbers, first, second));
      differing += difference > 0 ? 1 : 0;
      largest = Math.max(largest, difference);
    }
  }
  return { share: differing / count, largest };
};

describe('quantize: elementwise ADD', () => {
  it('random scales: at most one count, hardly ever', () => {
    let [total, runs] = [0, 0];
    holds(
      fc.property(numbersArbitrary, (numbers) => {
        const { share, largest } = differingShare(numbers);
        expect(largest).to.be.at.most(1);
        total += share;
        runs++;
      }),
      { numRuns: 60 },
    );
    expect(total / runs).to.be.at.most(0.0005);
  });

  it('says how many pairs of codes differ, also where many sums lie a hair beside a tie', () => {
    const hair = fc.double({ min: -1e-3, max: 1e-3, noNaN: true });
    const beside = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 6 }), hair)
      .map(([count, exponent, by]) => Math.fround((count / 2 ** exponent) * (1 + by)));
    const close = fc
      .record({ numbers: numbersArbitrary, firstScale: beside, secondScale: beside, exact: fc.boolean() })
      .map(({ numbers, firstScale, secondScale, exact }) => ({
        ...numbers,
        firstScale,
        secondScale: exact ? 1 : secondScale,
        outputScale: 1,
      }));
    holds(
      fc.property(fc.oneof(numbersArbitrary, close), (numbers) => {
        const stages = addStages(numbers);
        if (stages === null) return;
        let differing = 0;
        for (let first = -128; first < 128; first++)
          for (let second = -128; second < 128; second++)
            if (applyStages(stages, first, 0, second) !== tfliteAdd(numbers, first, second)) differing++;
        expect(Math.abs(differing / 65_536 - stages.mismatch)).to.be.at.most(1e-4);
      }),
      { numRuns: 6 },
    );
  });

  it('equal scales and simple ratios: ties go where TFLite puts them', () => {
    for (const [a, b, y] of [
      [1, 1, 1],
      [1, 1, 2],
      [0.5, 1, 1],
      [0.25, 0.75, 1],
      [1, 0.5, 3],
    ] as const) {
      const numbers: AddNumbers = {
        firstScale: a,
        secondScale: b,
        outputScale: y,
        firstZeroPoint: 3,
        secondZeroPoint: -7,
        outputZeroPoint: 11,
        range: [-128, 127],
      };
      expect(differingShare(numbers).share, `${a} ${b} ${y}`).to.equal(0);
    }
  });
});

describe('quantize: ADD fused into a convolution', () => {
  it('counts the bytes that differ as they are', () => {
    holds(
      fc.property(numbersArbitrary, fc.double({ min: -13, max: -6, noNaN: true }), (add, exponent) => {
        const multiplier = quantizeMultiplier(2 ** exponent);
        const conv = {
          multipliers: [multiplier],
          bias: Int32Array.of(0),
          dead: [false],
          outputZeroPoint: add.firstZeroPoint,
          range: [-128, 127] as const,
        };
        const stages = fusedAddStages(conv, add);
        if (stages === null) return;
        let differing = 0;
        const samples = 3000;
        for (let i = 0; i < samples; i++) {
          const accumulator = Math.round((i / samples - 0.5) * 256 * 2 ** -exponent);
          const inner = Math.max(
            -128,
            Math.min(127, multiplyByQuantizedMultiplier(accumulator, multiplier) + add.firstZeroPoint),
          );
          const second = ((i * 31) % 256) - 128;
          if (applyStages(stages, accumulator, 0, second) !== tfliteAdd(add, inner, second)) differing++;
        }
        expect(differing / samples).to.be.at.most(4 * stages.mismatch + 0.004);
      }),
      { numRuns: 60 },
    );
  });
});
