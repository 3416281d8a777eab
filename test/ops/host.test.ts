import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import { reshaped, resized, stacked, transposed } from './host_models.js';
import { differentialTest, everyValue } from './op_test.js';

describe('kernels of the host', () => {
  differentialTest('TRANSPOSE', transposed, everyValue);
  differentialTest('RESHAPE', reshaped, everyValue);
  differentialTest('RESIZE_BILINEAR', resized('RESIZE_BILINEAR'), everyValue);
  differentialTest('RESIZE_NEAREST_NEIGHBOR', resized('RESIZE_NEAREST_NEIGHBOR'), everyValue);
  differentialTest('PACK and UNPACK', stacked, everyValue);

  it('stand between two jobs of one part, and at the border of the graph nowhere', () => {
    const [model] = fc.sample(
      resized('RESIZE_BILINEAR').filter(({ title }) => title.includes('to 29x')),
      { seed: 7, numRuns: 1 },
    );
    if (model === undefined) throw new Error('nothing drawn');
    const { parts, hosted } = compileTflite(writeTflite(model.spec));
    expect(parts.map(({ nodes }) => nodes)).to.deep.equal([[0, 1, 2]]);
    expect(hosted.map(({ node, rule }) => [node, rule])).to.deep.equal([[1, 'factors']]);
    const { hosts, jobs } = readPlan(parts[0]?.plan ?? new Uint8Array());
    expect(jobs).to.have.lengthOf(2);
    expect(new Set(hosts.map(({ beforeJob }) => beforeJob))).to.deep.equal(new Set([1]));
    const alone = { ...model.spec, ops: model.spec.ops.slice(0, 2), outputs: model.spec.ops[1]?.outputs ?? [] };
    const cut = compileTflite(writeTflite(alone));
    expect(cut.hosted).to.deep.equal([]);
    expect(cut.refusals.map(({ text }) => text).join()).to.contain('would keep no part together');
  });
});
