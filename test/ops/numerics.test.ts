import { expect } from 'chai';
import type fc from 'fast-check';
import { type Numerics, numericsNames } from '../../src/graph/numerics.js';
import { numericsOf, type Runtime } from '../host/python.js';
import { skip } from '../host/skip.js';
import { type ScalingOp, scalesNearTies, type SummingOp, sumsNearTies } from './numerics_models.js';
import { againstReference, type ByteType, drawn, type OpModel } from './op_models.js';
import { equalShare, line } from './tally.js';

/** Each release's numbers against its own kernels, where they part; and that the other releases' are not those. */
const releases: readonly Runtime[] = ['tflite_runtime', 'ai_edge_litert', 'litert_nightly'];
const models = 12;

/** @param apart the releases whose values are others than `own`'s */
const againstReleases = (
  title: string,
  arbitrary: fc.Arbitrary<OpModel>,
  apart: (own: Numerics) => readonly Numerics[],
  equal: number,
): void => {
  for (const runtime of releases) {
    it(`${title}, in ${runtime}`, async function () {
      const all = drawn(arbitrary, models);
      const own = numericsOf[runtime];
      for (const numerics of [own, ...apart(own)]) {
        const outcome = await againstReference(all, { runtime, numerics, mostCounts: 1 });
        if (typeof outcome === 'string') return skip(this, outcome);
        const { tally, failures, refused } = outcome;
        console.log(`      ${line(`${title} as ${numerics}`, tally)}`);
        expect(failures, failures.slice(0, 4).join('\n')).to.have.lengthOf(0);
        expect(refused, 'refused').to.have.lengthOf(0);
        if (!apart(own).includes(numerics)) expect(equalShare(tally), numerics).to.be.at.least(equal);
        else expect(equalShare(tally), `${numerics} is not to be told from ${own}`).to.be.below(equal);
      }
    });
  }
};

const others = (own: Numerics, alike: readonly Numerics[]): readonly Numerics[] =>
  alike.includes(own) ? numericsNames.filter((name) => !alike.includes(name)) : alike;

describe('numerics', function () {
  this.timeout(200_000);
  const before24 = (own: Numerics): readonly Numerics[] => others(own, ['tflite-2.14', 'litert-2.3']);
  const from14 = (own: Numerics): readonly Numerics[] => others(own, ['litert-2.3', 'litert-2.4']);
  const nowhere = (): readonly Numerics[] => [];

  for (const op of ['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV'] satisfies SummingOp[]) {
    againstReleases(`${op} uint8`, sumsNearTies(op, 'uint8'), before24, 0.99);
    againstReleases(`${op} int8`, sumsNearTies(op, 'int8'), nowhere, 0.99);
    againstReleases(`${op} int8, a scale for each channel`, sumsNearTies(op, 'int8', true), nowhere, 0.85);
  }
  for (const type of ['int8', 'uint8'] satisfies ByteType[])
    againstReleases(`FULLY_CONNECTED ${type}`, sumsNearTies('FULLY_CONNECTED', type), from14, 0.99);
  againstReleases(
    'FULLY_CONNECTED int8, a scale for each channel',
    sumsNearTies('FULLY_CONNECTED', 'int8', true),
    from14,
    0.85,
  );
  for (const type of ['int8', 'uint8'] satisfies ByteType[]) {
    for (const op of ['RELU', 'LEAKY_RELU', 'PRELU', 'MUL'] satisfies ScalingOp[])
      againstReleases(`${op} ${type}`, scalesNearTies(op, type), before24, 0.9999);
    againstReleases(`QUANTIZE ${type}`, scalesNearTies('QUANTIZE', type), nowhere, 0.999);
  }
  againstReleases('ABS int8', scalesNearTies('ABS', 'int8'), before24, 0.9999);
});
