import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { newestNumerics } from '../../src/graph/numerics.js';
import { writeTflite } from '../host/tflite_writer.js';
import { opCases } from './cases/index.js';
import { differentialTest } from './op_test.js';

/** `npx mocha test/ops/cases.test.ts -g NAME` is one op's: in each release of TFLite that is tested, value by value. */
const both = ['tflite_runtime', 'ai_edge_litert'] as const;

const fewModels = 10;

for (const { op, tests, refused } of opCases) {
  describe(op, () => {
    for (const { title, models, expected, runtimes = both } of tests)
      for (const runtime of runtimes) {
        differentialTest(`${title}, ${runtime}`, models, { ...expected, runtime });
        // What hosts have that ask for nothing: its kernels may take other ways to the same values.
        const few = { ...expected, runtime, models: fewModels, kernels: 'optimized' } as const;
        if (expected.mostCounts === 0) differentialTest(`${title}, ${runtime}, default kernels`, models, few);
      }

    for (const { title, model, numerics = newestNumerics, rule, text } of refused)
      it(`refused: ${title}`, () => {
        const { spec } = model();
        const { refusals } = compileTflite(writeTflite(spec), { trust: 'inferred', parts: 'all', numerics });
        const [refusal] = refusals;
        expect(refusal?.rule).to.equal(rule);
        expect(refusal?.text).to.contain(text);
      });
  });
}
