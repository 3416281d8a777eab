import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { facts } from '../../src/hardware/facts.js';
import { findRegister } from '../../src/hardware/registers.js';
import { readPlan } from '../../src/plan/read.js';
import { programOfPlan } from '../../src/explain/plan_program.js';
import { loadAddon } from '../host/addon.js';
import { skip } from '../host/skip.js';
import { writeTflite } from '../host/tflite_writer.js';
import { convModels, dilated, multiplied } from './conv_models.js';
import { combined } from './elementwise_models.js';
import { againstReference, drawn, type OpModel } from './op_models.js';
import { buildModel, modelChoice } from './random_model.js';
import { grown, nearest } from './resize_models.js';
import { gated, squares, tableModels } from './table_models.js';
import { byTwo, modelsOf, small } from './transposed_models.js';

/**
 * Readings of the hardware that the vendor's programs contradict, and programs of ours that rest on the other one: TFLite's
 * values under the reading that is assumed, visibly other ones (or a refusal) under the old one. And readings on which
 * nothing of ours may rest: nothing changes under any of them.
 */
interface Reading {
  readonly fact: string;
  readonly old: string;
  readonly what: string;
  readonly models: fc.Arbitrary<OpModel>;
  /** Share of the values that must be others under the old reading. */
  readonly apart: number;
}

const convolutions = fc.oneof(convModels(dilated('CONV_2D')), convModels(multiplied));
const activationTables = fc.oneof(gated('LOGISTIC'), gated('TANH'), squares);
const pixels = combined(['ADD', 'SUB', 'MUL'], 'map', ['pixel']);

const told: readonly Reading[] = [
  { fact: 'bn_order', old: 'add_multiply', what: 'convolutions', models: convolutions, apart: 0.01 },
  {
    fact: 'ew_cvt_scale_sign',
    old: 'unsigned16',
    what: 'SUB',
    models: combined(['SUB'], 'map', ['whole']),
    apart: 0.3,
  },
  { fact: 'ew_channel_operand', old: 'refused', what: 'values for each channel', models: pixels, apart: 1 },
  {
    fact: 'deconv_gaps',
    old: 'zero',
    what: 'TRANSPOSE_CONV by 2',
    models: modelsOf(fc.record({ ...small, ...byTwo })),
    apart: 0.1,
  },
  {
    fact: 'unpooling',
    old: 'refused',
    what: 'RESIZE_NEAREST_NEIGHBOR by 2',
    models: nearest(grown(fc.constant(2))),
    apart: 0.5,
  },
  { fact: 'int8_lut', old: 'refused', what: 'tables', models: activationTables, apart: 1 },
];

const slopes = fc.oneof(
  tableModels('LEAKY_RELU', { options: { type: 'LeakyReluOptions', fields: { alpha: 0.1 } } }),
  tableModels('ABS', { int8Only: true, version: 2 }),
);

const everything = fc.oneof(
  convolutions,
  pixels,
  slopes,
  nearest(grown(fc.constant(2))),
  combined(['ADD', 'SUB', 'MUL', 'MAXIMUM'], 'map', ['whole', 'row', 'plane']),
  activationTables,
  modelsOf(fc.record(small)),
);

/** Nothing of ours may tell these apart. */
const silent: readonly (readonly [string, string])[] = [
  ['plane_alignment', 'four_atoms'],
  ['three_atom_rows', 'whole_only'],
  ['depthwise_rest_lanes', 'whole_64'],
  ['zero_multiplier', 'error'],
  ['lut_table_choice', 'ranges'],
  ['lut_table_choice', 'sign_before_bn'],
  ['ew_lut_order', 'operation_first'],
  ['pointer_clear', 'first_group'],
  ['direct_pad_lanes', 'parity'],
  ['prelu_positive', 'unshifted'],
  ['unpooling_channels', 'pairs'],
];

interface Run {
  readonly title: string;
  readonly plan: Uint8Array;
  readonly inputs: readonly Uint8Array[];
}

const runsOf = (models: readonly OpModel[]): readonly Run[] =>
  models.flatMap(({ title, spec, inputs }) => {
    const { parts } = compileTflite(writeTflite(spec));
    return parts.map((part) => ({
      title,
      plan: part.plan,
      inputs: part.inputs.map((tensor) => inputs[spec.inputs.indexOf(tensor)] ?? new Uint8Array()),
    }));
  });

/** Share of the values that are others with a fact flipped; a refusal counts as all of them. */
const apartUnder = (runs: readonly Run[], reading: Readonly<Record<string, string>>): number => {
  const addon = loadAddon();
  if (typeof addon === 'string') throw new Error(addon);
  let [values, differing] = [0, 0];
  for (const { plan, inputs } of runs) {
    const assumed = addon.planRun(plan, inputs, {});
    values += assumed.reduce((sum, { length }) => sum + length, 0);
    try {
      addon.planRun(plan, inputs, { facts: reading }).forEach((output, i) => {
        differing += output.reduce((sum, byte, k) => sum + (byte === assumed[i]?.[k] ? 0 : 1), 0);
      });
    } catch {
      differing += assumed.reduce((sum, { length }) => sum + length, 0);
    }
  }
  return differing / values;
};

describe('readings that the vendor contradicts', function () {
  this.timeout(300_000);
  before(function () {
    const addon = loadAddon();
    if (typeof addon === 'string') return skip(this, addon);
  });

  for (const { fact, old, what, models, apart } of told) {
    it(`${what}: TFLite's values, and others with ${fact}=${old}`, async function () {
      const some = drawn(models, 40);
      const outcome = await againstReference(some, { mostCounts: 1 });
      if (typeof outcome === 'string') return skip(this, outcome);
      expect(outcome.failures).to.deep.equal([]);
      const share = apartUnder(runsOf(some), { [fact]: old });
      console.log(`      ${(100 * share).toFixed(2)} % of the values are others`);
      expect(share).to.be.at.least(apart);
    });
  }

  it('those on which nothing of ours rests', () => {
    const runs = runsOf(drawn(everything, 120));
    for (const [fact, value] of silent) {
      expect(facts.find(({ name }) => name === fact)?.values, fact).to.include(value);
      expect(apartUnder(runs, { [fact]: value }), `${fact}=${value}`).to.equal(0);
    }
  });
});

describe('CVT_ROUND, a bit that no program of the vendor sets', () => {
  const roundOf = (plan: Uint8Array): readonly number[] =>
    programOfPlan(readPlan(plan), '').tasks.flatMap(({ words }) =>
      words.filter(({ offset, target }) => offset === shift.offset && target !== 0).map(({ value }) => value & round),
    );
  const shift = findRegister('DPU', 'OUT_CVT_SHIFT');
  const round = shift.fields.reduce((bits, { name, lsb }) => (name === 'CVT_ROUND' ? bits + 2 ** lsb : bits), 0);

  it('is set in no convolution, whatever its scales', () => {
    const random = fc.sample(modelChoice, { numRuns: 120, seed: 5 }).map((choice) => buildModel(choice));
    for (const { bytes, title } of random)
      for (const { plan } of compileTflite(bytes).parts)
        expect(new Set(roundOf(plan)), title).to.deep.equal(new Set([0]));
  });
});
