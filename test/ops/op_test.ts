import { expect } from 'chai';
import type fc from 'fast-check';
import { skip } from '../host/skip.js';
import type { Expectation } from './expectation.js';
import { againstReference, drawn, modelsOfEachOp, type OpModel } from './op_models.js';
import { equalShare, line } from './tally.js';

export { type Expectation, everyValue } from './expectation.js';

/** A mocha test: random models of one op. */
export function differentialTest(
  title: string,
  models: fc.Arbitrary<OpModel>,
  {
    mostCounts,
    equal,
    refused: mayRefuse = 0,
    runtime = 'tflite_runtime',
    models: count = modelsOfEachOp,
    kernels,
    precision = 'fast',
  }: Expectation,
): void {
  it(title, async function () {
    this.timeout(Math.max(120_000, count * 300));
    const all = drawn(models, count);
    const outcome = await againstReference(all, {
      runtime,
      mostCounts,
      precision,
      ...(kernels === undefined ? {} : { kernels }),
    });
    if (typeof outcome === 'string') return skip(this, outcome);
    const { tally, refused, failures } = outcome;
    console.log(`      ${line(title, tally)}${refused.length > 0 ? `; ${refused.length} refused` : ''}`);
    for (const text of [...failures, ...(refused.length > mayRefuse * all.length ? refused : [])].slice(0, 8))
      console.log(`      ${text}`);
    expect(failures, 'wrong answers').to.have.lengthOf(0);
    expect(refused.length, 'refused').to.be.at.most(mayRefuse * all.length);
    expect(equalShare(tally), 'equal').to.be.at.least(equal);
  });
}
