import { expect } from 'chai';
import {
  leakyReluTable,
  absMultiplier,
  absTable,
  preluMultipliers,
  preluTable,
} from '../../src/tflite/activation_tables.js';
import type { CodeMap, TableNumbers } from '../../src/tflite/activation_tables.js';
import { slopeForm, type SlopeNumbers } from '../../src/requantize/slope_stages.js';
import { seededRandom } from '../host/random.js';
import { applyStages } from './stage_model.js';

/** TFLite's map of each slope, and what the search is given. */
interface Case {
  readonly numbers: SlopeNumbers;
  readonly maps: readonly CodeMap[];
}

const random = seededRandom(77);

/** @param most of the output's scale over the input's, as a power of two */
const tensors = (most: number): TableNumbers => {
  const inputScale = Math.fround(2 ** random.between(-8, 0));
  return {
    type: 'int8',
    inputScale,
    inputZeroPoint: random.integer(-128, 127),
    outputScale: most === 0 ? inputScale : Math.fround(inputScale * 2 ** random.between(-1, most)),
    outputZeroPoint: random.integer(-128, 127),
    numerics: 'litert-2.4',
  };
};

const leaky = (alpha: number, most: number): Case => {
  const numbers = tensors(most);
  return {
    numbers: { ...numbers, ...preluMultipliers(numbers, Math.fround(alpha)), factors: [1] },
    maps: [leakyReluTable(numbers, alpha)],
  };
};

const prelu = (channels: number, most: number): Case => {
  const numbers = tensors(most);
  const scale = Math.fround(random.between(0.001, 0.01));
  const factors = Array.from({ length: channels }, () => random.integer(-128, 127));
  return {
    numbers: { ...numbers, ...preluMultipliers(numbers, scale), factors },
    maps: factors.map((factor) => preluTable(numbers, scale, factor)),
  };
};

const abs = (most: number): Case => {
  const numbers = tensors(most);
  const multiplier = absMultiplier(numbers);
  return { numbers: { ...numbers, above: multiplier, below: multiplier, factors: [-1] }, maps: [absTable(numbers)] };
};

/** How many of the cases are one task; every code of those is compared. */
const exact = (cases: readonly Case[]): number =>
  cases.filter(({ numbers, maps }) => {
    const form = slopeForm(numbers);
    if (form === null) return false;
    for (const [channel, map] of maps.entries())
      for (let code = -128; code < 128; code++)
        expect(applyStages(form.stages, code, channel, form.addends?.[channel] ?? 0)).to.equal(map(code));
    return true;
  }).length;

const some = (count: number, make: () => Case): readonly Case[] => Array.from({ length: count }, make);

describe('quantize: a slope for each side of zero', () => {
  for (const alpha of [0, 0.01, 0.1, 0.125, 0.2, 0.25, 0.3, 0.5, 1, 2.5, 7.7])
    it(`LEAKY_RELU with ${alpha}: all codes, where the output's scale is the input's, or up to twice as large`, () => {
      expect(exact(some(60, () => leaky(alpha, 0)))).to.equal(60);
      expect(exact(some(60, () => leaky(alpha, 1)))).to.be.at.least(59);
    });

  it('ABS: all codes, with any scales', () => {
    expect(exact([0, 1, 3].flatMap((most) => some(60, () => abs(most))))).to.equal(180);
  });

  it('PRELU: all codes of all channels, but for few', () => {
    for (const channels of [1, 8, 32, 256]) {
      expect(exact(some(12, () => prelu(channels, 0))), `${channels}, one scale`).to.equal(12);
      expect(exact(some(12, () => prelu(channels, 1))), `${channels}`).to.be.at.least(10);
    }
  });

  it('larger outputs, which TFLite rounds twice from zero up: what is one task has all codes', () => {
    const cases = [...some(60, () => leaky(0.1, 3)), ...some(20, () => prelu(8, 3))].filter(
      ({ numbers }) => numbers.above.shift < 0,
    );
    expect(exact(cases)).to.be.below(cases.length);
  });

  it('adds nothing and shifts nothing from zero up where the vendor does not', () => {
    const form = slopeForm(leaky(0.1, 0).numbers);
    expect(form?.addends).to.equal(null);
    expect(form?.stages).to.deep.include({ ew: null });
    expect(form?.stages.bs).to.deep.include({ shift: 0, limit: null });
    expect(form?.stages.bn).to.deep.include({ add: null, shift: 0, prelu: true });
  });

  it('is null where a slope has too many bits, or is none', () => {
    const { numbers } = leaky(0.1, 0);
    expect(slopeForm({ ...numbers, factors: [1_000_000] })).to.equal(null);
    expect(slopeForm({ ...numbers, above: { mantissa: 0, shift: 0 } })).to.equal(null);
  });
});
