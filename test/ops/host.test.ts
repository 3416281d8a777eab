import { expect } from 'chai';
import fc from 'fast-check';
import { compileTflite } from '../../src/compile.js';
import { readPlan } from '../../src/plan/read.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder, convolved } from './builder.js';
import { reshaped, resized, stacked, transposed } from './host_models.js';
import { differentialTest, everyValue } from './op_test.js';

describe('kernels of the host', () => {
  differentialTest('TRANSPOSE', transposed, everyValue);
  differentialTest('RESHAPE', reshaped, everyValue);
  differentialTest('RESIZE_BILINEAR', resized('RESIZE_BILINEAR'), everyValue);
  differentialTest('RESIZE_NEAREST_NEIGHBOR', resized('RESIZE_NEAREST_NEIGHBOR'), everyValue);
  differentialTest('PACK and UNPACK', stacked, everyValue);

  it('are one node in twenty at most', () => {
    const b = new Builder(1);
    const shape = [1, 8, 8, 4];
    const turned = (input: number): number => {
      const output = b.map('int8', [1, 4, 8, 8], 0.1, 0);
      b.op({ op: 'TRANSPOSE', version: 2, inputs: [input, b.ints([0, 3, 1, 2])], outputs: [output] });
      return convolved(b, 'int8', output, [1, 4, 8, 8], 4, { kernel: 1 }, 0.1, 0).index;
    };
    const back = (input: number): number => {
      const output = b.map('int8', shape, 0.1, 0);
      const options = { type: 'ReshapeOptions', fields: {} } as const;
      b.op({ op: 'RESHAPE', version: 1, inputs: [input, b.ints(shape)], outputs: [output], options });
      return convolved(b, 'int8', output, shape, 4, {}, 0.1, 0).index;
    };
    const first = convolved(b, 'int8', b.input('int8', shape, 0.1, 0), shape, 4, {}, 0.1, 0).index;
    const { hosted, refusals } = compileTflite(writeTflite(b.model('', [turned(back(turned(first)))]).spec));
    expect(hosted.length).to.equal(1);
    expect(refusals.map(({ text }) => text).join()).to.contain('more than one node in 20');
  });

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
