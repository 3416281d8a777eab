import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, compile, disassemble, planFile, PtfeError } from '../../src/index.js';
import { plansOfFile, readPlanFile } from '../../src/cli/plan_file.js';
import { createHash as browserHash } from '../../src/wire/sha256.js';
import { repository } from '../host/repository.js';
import { seededRandom } from '../host/random.js';

const digits = Uint8Array.from(readFileSync(join(repository, 'examples/digits_int8.tflite')));

describe('the API: functions on bytes', () => {
  it('check says of each node where it runs', () => {
    const [main, ...others] = check(digits);
    expect(others).to.deep.equal([]);
    expect(main?.nodes).to.have.length(28);
    expect(main).to.deep.include({ npu: 27, host: 0, cpu: 1, parts: 1 });
    expect(main?.nodes[27]).to.deep.include({ op: 'SOFTMAX', target: 'cpu', part: null, rule: 'operator' });
  });

  it('planFile is what compile made, and says which nodes stay on the CPU', () => {
    const { parts, refusals } = compile(digits);
    const file = planFile(digits);
    expect(plansOfFile(file).map((plan) => Buffer.compare(plan, parts[0]?.plan ?? new Uint8Array()))).to.deep.equal([
      0,
    ]);
    const read = readPlanFile(file);
    expect(read.parts.map(({ inputs, outputs, nodes }) => ({ inputs, outputs, nodes }))).to.deep.equal(
      parts.map(({ inputs, outputs, nodes }) => ({ inputs, outputs, nodes })),
    );
    expect(read.refused.map(({ node }) => node)).to.deep.equal(refusals.map(({ node }) => node));
  });

  it('disassemble takes a model, a plan file and a plan alike', () => {
    const ofModel = disassemble(digits);
    expect(ofModel).to.have.length(1);
    expect(ofModel[0]).to.contain('task 0: CONV_2D');
    expect(disassemble(planFile(digits))).to.deep.equal(ofModel);
    expect(disassemble(compile(digits).parts[0]?.plan ?? new Uint8Array())).to.deep.equal(ofModel);
    expect((disassemble(digits, { all: true })[0] ?? '').length).to.be.above((ofModel[0] ?? '').length);
    expect(() => disassemble(Uint8Array.of(1, 2, 3))).to.throw(PtfeError, 'TFL3');
  });

  it('browsers have SHA-256, at every length around a block', () => {
    const random = seededRandom(5);
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length: length + 3 }, () => random.integer(0, 255)).subarray(3);
      const hash = browserHash();
      hash.update(bytes.subarray(0, length / 2));
      hash.update(bytes.subarray(length / 2));
      expect(Buffer.from(hash.digest()).toString('hex')).to.equal(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});
