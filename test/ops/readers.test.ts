import { expect } from 'chai';
import fc from 'fast-check';
import { activation } from '../host/tflite_writer.js';
import { everyOp } from './every_op.js';
import { type FeatureMap, type OpForm, passesCodes } from './form.js';
import { againstReference, Builder, byteType, chosenSeed, modelsOfEachOp, type OpModel, whole } from './op_models.js';
import { line } from './tally.js';
import { skip } from '../host/skip.js';

/**
 * Whole plans in which each tensor has other readers: two ops one behind the other, the input and the inner tensor read
 * again by an op behind both, any of them an output of the graph too. A decision to write in place, or to let two
 * tensors share memory, that does not ask who else reads gives wrong values here (and only here: an op by itself is right).
 */
interface Choice {
  readonly seed: number;
  readonly type: 'int8' | 'uint8';
  readonly shape: readonly number[];
  readonly first: OpForm;
  readonly second: OpForm;
  /** The second op takes the input too, not what the first one makes. */
  readonly apart: boolean;
  /** Something in front of the input, so that it is an inner tensor. */
  readonly made: boolean;
  readonly inner: boolean;
}

const reference = everyOp.filter(({ kernels }) => kernels === 'reference');
const moving = reference.filter(passesCodes);
const exact = reference.filter(({ counts }) => counts === 0);

const forms = fc.oneof(
  fc.tuple(fc.constantFrom(...moving), fc.constantFrom(...moving)),
  fc.tuple(fc.constantFrom(...exact), fc.constantFrom(...reference)),
  fc.tuple(fc.constantFrom(...reference), fc.constantFrom(...moving)),
);

const choices: fc.Arbitrary<Choice> = fc
  .record({
    seed: chosenSeed,
    type: byteType,
    shape: fc.tuple(whole(1, 3), whole(2, 7), whole(2, 7), fc.oneof(whole(1, 40), fc.constantFrom(16, 32))),
    forms,
    apart: fc.boolean(),
    made: fc.boolean(),
    inner: fc.boolean(),
  })
  .map(({ forms: [first, second], ...rest }) => ({ ...rest, first, second }));

/** The larger of x and x. */
const reader = (b: Builder, { type, index, shape, scale, zero }: FeatureMap): number => {
  const output = b.map(type, shape, scale, zero);
  const options = { type: 'MaximumMinimumOptions', fields: {} } as const;
  b.op({ op: 'MAXIMUM', version: 2, inputs: [index, index], outputs: [output], options });
  return output;
};

const clampedPool = (b: Builder, map: FeatureMap): FeatureMap => {
  const { type, shape, scale, zero } = map;
  const index = b.map(type, shape, scale, zero);
  const one = { padding: 1, strideH: 1, strideW: 1, filterH: 1, filterW: 1 };
  const fields = { ...one, activation: activation.reluN1To1 };
  b.op({
    op: 'MAX_POOL_2D',
    version: 2,
    inputs: [map.index],
    outputs: [index],
    options: { type: 'Pool2DOptions', fields },
  });
  return { ...map, index };
};

interface Model {
  readonly model: OpModel;
  readonly counts: 0 | 1;
}

const modelOf = ({ seed, type, shape, first, second, apart, made, inner }: Choice): Model | null => {
  const b = new Builder(seed);
  const [scale, zero] = [0.05, b.zeroPoint(type)];
  const input: FeatureMap = { index: b.input(type, shape, scale, zero), type, shape, scale, zero };
  const source = made ? { ...input, index: reader(b, input) } : input;
  const [between] = first.make(b, source) ?? [];
  if (between === undefined) return null;
  const from = apart ? source : between;
  if (from.shape.length !== 4) return null;
  const last = second.make(b, from);
  if (last === null) return null;
  const outputs = [...last.map(({ index }) => index), reader(b, source)];
  if (between.shape.length === 4) outputs.push(clampedPool(b, between).index, reader(b, between));
  if (inner) outputs.push(between.index);
  const counts = first.counts === 1 || second.counts === 1 ? 1 : 0;
  const names = [first, second].map(({ op, title }) => `${op} ${title}`).join(apart ? ' beside ' : ' then ');
  const model = b.model(`${names}, ${type} ${shape.join('x')}${made ? ' made' : ''}${inner ? ' inner' : ''}`, [
    ...new Set(outputs),
  ]);
  return { model, counts };
};

describe('tensors with several readers', () => {
  for (const counts of [0, 1] as const) {
    it(`off by ${counts} at most`, async function () {
      const count = 3 * modelsOfEachOp;
      this.timeout(Math.max(300_000, count * 300));
      const models = drawnChoices(10 * count)
        .flatMap((choice) => modelOf(choice) ?? [])
        .filter((one) => one.counts === counts)
        .slice(0, count)
        .map(({ model }) => model);
      const outcome = await againstReference(models, { mostCounts: counts, runtime: 'ai_edge_litert' });
      if (typeof outcome === 'string') return skip(this, outcome);
      const { tally, refused, failures } = outcome;
      console.log(`      ${line('readers', tally)}; ${refused.length} refused`);
      for (const text of [...failures, ...refused].slice(0, Number(process.env['PTFE_SHOW'] ?? 8)))
        console.log(`      ${text}`);
      expect(failures, 'wrong answers').to.have.lengthOf(0);
      expect(refused, 'refused').to.have.lengthOf(0);
    });
  }
});

const drawnChoices = (count: number): readonly Choice[] => fc.sample(choices, { numRuns: count, seed: 1 });
