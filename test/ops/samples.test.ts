import { expect } from 'chai';
import fc from 'fast-check';
import { operators } from '../../src/ops/index.js';
import { seeds } from '../host/seeds.js';
import { skip } from '../host/skip.js';
import { everyOp } from './every_op.js';
import { type FeatureMap, type OpForm } from './form.js';
import { againstReference, Builder, type ByteType, type OpModel, whole } from './op_models.js';
import { line } from './tally.js';

/**
 * Every op of the table on batches of more than one atom of channels: a sample of a batch is a view with gaps between its
 * surfaces, so what takes a feature map for one run of memory gives wrong values here.
 */
const batches = [2, 3];
const channelCounts = [17, 32, 40];

const modelOf = (
  { op, title, make }: OpForm,
  chosen: number,
  type: ByteType,
  shape: readonly number[],
): OpModel | null => {
  const b = new Builder(chosen);
  const [scale, zero] = [0.05, b.zeroPoint(type)];
  const map: FeatureMap = { index: b.input(type, shape, scale, zero), type, shape, scale, zero };
  const made = make(b, map);
  return made === null
    ? null
    : b.model(
        `${op} ${title} ${type} ${shape.join('x')}`,
        made.map(({ index }) => index),
      );
};

const modelsOf = (forms: readonly OpForm[], seed: number): readonly OpModel[] => {
  const planes = fc.sample(fc.tuple(whole(3, 7), whole(3, 7)), { numRuns: 1000, seed });
  const choices = forms.flatMap((form) =>
    (['int8', 'uint8'] as const).flatMap((type) =>
      batches.flatMap((n) => channelCounts.map((c) => ({ form, type, n, c }))),
    ),
  );
  return choices.flatMap(({ form, type, n, c }, i) => {
    const [h = 5, w = 5] = planes[i % planes.length] ?? [];
    return modelOf(form, seed + i, type, [n, h, w, c]) ?? [];
  });
};

describe('samples of a batch', () => {
  it('every op of the table has a form here', () => {
    const missing = [...operators.keys()].filter((op) => !everyOp.some((form) => form.op === op));
    expect(missing).to.deep.equal([]);
  });

  for (const [kernels, counts] of [
    ['reference', 0],
    ['reference', 1],
    ['optimized', 1],
  ] as const) {
    it(`ops that may be off by ${counts}, ${kernels} kernels`, async function () {
      this.timeout(300_000);
      const forms = everyOp.filter((form) => form.counts === counts && form.kernels === kernels);
      const models = seeds.flatMap((seed) => modelsOf(forms, seed));
      const outcome = await againstReference(models, { mostCounts: counts, kernels, runtime: 'ai_edge_litert' });
      if (typeof outcome === 'string') return skip(this, outcome);
      const { tally, refused, failures } = outcome;
      console.log(`      ${line('samples', tally)}`);
      for (const text of [...failures, ...refused].slice(0, Number(process.env['PTFE_SHOW'] ?? 8)))
        console.log(`      ${text}`);
      expect(failures, 'wrong answers').to.have.lengthOf(0);
      expect(refused, 'refused').to.have.lengthOf(0);
    });
  }
});
