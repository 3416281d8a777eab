import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { operators } from '../../src/ops/index.js';
import { writeTflite } from '../host/tflite_writer.js';
import { everyOp } from './every_op.js';
import { type FeatureMap, type OpForm } from './form.js';
import { againstReference, Builder, type ByteType, type OpModel } from './op_models.js';
import { line } from './tally.js';
import { skip } from '../host/skip.js';

/** Scales and parameters that are no numbers, or so far apart that TFLite's kernels leave an int32: refused, never a wrong value. */
const type = fc.constantFrom<ByteType>('int8', 'uint8');
const withoutScales = 'LOGISTIC TANH'.split(' ');
const tables = everyOp.filter(
  ({ op, title }) =>
    'LEAKY_RELU HARD_SWISH ELU EXP ABS GELU LOG SQRT RSQRT LOGISTIC TANH PRELU RELU RELU6 QUANTIZE ADD SUB MUL SQUARED_DIFFERENCE MEAN CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED TRANSPOSE_CONV AVERAGE_POOL_2D CONCATENATION'
      .split(' ')
      .includes(op) && !title.includes('pixel'),
);

/** The form with other scales of what it reads and of what it makes. */
const scaled = (form: OpForm, of: ByteType, input: number, output: number): OpModel | null => {
  const b = new Builder(7);
  const [shape, zero] = [[1, 3, 4, 5], of === 'int8' ? -5 : 120];
  const map: FeatureMap = { index: b.input(of, shape, 0.05, zero), type: of, shape, scale: 0.05, zero };
  const made = form.make(b, map);
  if (made === null) return null;
  const set = (tensor: number, scale: number): void => {
    const spec = b.tensors[tensor];
    if (spec !== undefined) b.tensors[tensor] = { ...spec, scale: [scale] };
  };
  set(map.index, input);
  for (const { index } of made) set(index, output);
  return b.model(
    `${form.op} ${form.title} ${of} ${input} to ${output}`,
    made.map(({ index }) => index),
  );
};

const refusedRules = (model: OpModel): readonly string[] => {
  const { refusals } = compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all' });
  return refusals.map(({ rule }) => rule);
};

describe('extreme numbers', () => {
  const broken = [NaN, Infinity, -Infinity, 0, -0.5];
  it('no op takes a scale that is no number above zero', () => {
    for (const form of tables) {
      for (const wrong of broken) {
        for (const [input, output] of [
          [wrong, 0.05],
          [0.05, wrong],
        ] as const) {
          const model = scaled(form, 'int8', input, output);
          // A pool asks what codes stand for only where an activation limits those of its output.
          const asks = form.op !== 'AVERAGE_POOL_2D' || (input === 0.05 && form.title.includes('relu6'));
          if (model === null || !asks) continue;
          const rules = refusedRules(model);
          expect(rules.length, model.title).to.be.at.least(1);
          expect(rules, model.title).to.not.include('bug');
        }
      }
    }
  });

  it('every refusal of far scales stands in a rule of the op', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...tables),
        type,
        fc.integer({ min: -140, max: 120 }),
        fc.integer({ min: -140, max: 120 }),
        (form, of, inputLog2, outputLog2) => {
          const model = scaled(form, of, Math.fround(2 ** inputLog2), Math.fround(2 ** outputLog2));
          if (model === null) return;
          const { refusals } = compileTflite(writeTflite(model.spec), { trust: 'inferred', parts: 'all' });
          for (const { node, rule } of refusals) {
            const { op } = model.spec.ops[node] ?? { op: '' };
            const known = operators.get(op)?.rules.map(({ name }) => name);
            expect(known, `${model.title}: ${rule}`).to.include(rule);
          }
        },
      ),
      { numRuns: 400, seed: 1 },
    );
  });

  it('LEAKY_RELU and PRELU: ratios of 2^31 and more, alphas that are no numbers', () => {
    const ratios = [2 ** 31, 2 ** 32, 2 ** 40, 2 ** 100];
    for (const form of tables.filter(({ op }) => ['LEAKY_RELU', 'PRELU', 'ABS', 'ELU', 'GELU'].includes(op))) {
      for (const of of ['int8', 'uint8'] as const) {
        for (const ratio of ratios) {
          const model = scaled(form, of, Math.fround(2 ** -20 * ratio), Math.fround(2 ** -20));
          if (model !== null) expect(refusedRules(model), model.title).to.deep.equal(['numbers']);
        }
      }
    }
    for (const alpha of [NaN, Infinity, -Infinity, -1, 2 ** 40, 3e38]) {
      const b = new Builder(1);
      const [input, output] = [b.input('int8', [1, 4, 4, 8], 0.1, 3), b.map('int8', [1, 4, 4, 8], 0.1, 3)];
      const options = { type: 'LeakyReluOptions', fields: { alpha } } as const;
      b.op({ op: 'LEAKY_RELU', version: 2, inputs: [input], outputs: [output], options });
      expect(refusedRules(b.model('', [output])), `alpha ${alpha}`).to.deep.equal(['numbers']);
    }
  });

  it('what is taken of them is right', async function () {
    this.timeout(300_000);
    const forms = tables.filter(
      ({ op, kernels, counts }) => kernels === 'reference' && counts === 0 && !withoutScales.includes(op),
    );
    const models = forms.flatMap((form) =>
      (['int8', 'uint8'] as const).flatMap((of) =>
        [-30, -20, -10, 8, 16, 20, 22].flatMap((ratioLog2) => {
          const model = scaled(form, of, Math.fround(2 ** (ratioLog2 - 7) * 1.3), Math.fround(2 ** -7));
          return model === null || refusedRules(model).length > 0 ? [] : [model];
        }),
      ),
    );
    const outcome = await againstReference(models, { mostCounts: 0, runtime: 'ai_edge_litert' });
    if (typeof outcome === 'string') return skip(this, outcome);
    console.log(`      ${line('extremes', outcome.tally)}`);
    for (const text of outcome.failures.slice(0, 8)) console.log(`      ${text}`);
    expect(outcome.failures).to.have.lengthOf(0);
    expect(outcome.tally.models).to.be.at.least(20);
  });
});
