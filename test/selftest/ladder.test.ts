import { expect } from 'chai';
import { facts } from '../../src/hardware/facts.js';
import { readPlan } from '../../src/plan/read.js';
import { judgeFacts, judgeRung, type RunSoftware } from '../../src/selftest/judge.js';
import { factsOf, ladder, silentFacts } from '../../src/selftest/ladder.js';

/** The ladder and its judge, on devices that are made up: the software NPU itself is asked in selftest.test.ts. */
describe('the self-test ladder', () => {
  const rungs = ladder([]);

  it('has rungs of their own names, each a plan with an input for each of its inputs', () => {
    expect(new Set(rungs.map(({ name }) => name)).size).to.equal(rungs.length);
    for (const { name, plan, inputs } of rungs) {
      const sizes = readPlan(plan)
        .tensors.filter(({ direction }) => direction === 'in')
        .map(({ shape }) => shape.reduce((product, dim) => product * dim, 1));
      expect(
        inputs.map(({ length }) => length),
        name,
      ).to.deep.equal(sizes);
    }
  });

  it('rests on facts that have a name, some of which only silicon tells', () => {
    const told = new Set(rungs.flatMap((rung) => [...factsOf(rung)]));
    expect(silentFacts.filter((fact) => told.has(fact))).to.have.length.above(3);
    expect([...told].filter((fact) => !facts.some(({ name }) => name === fact))).to.deep.equal([]);
  });

  it('a device that gives other bytes is told, with the fact that explains them', () => {
    const rung = rungs.find((one) => silentFacts.some((fact) => factsOf(one).has(fact)));
    if (rung === undefined) throw new Error('no rung rests on a silent fact');
    const [flipped = ''] = silentFacts.filter((fact) => factsOf(rung).has(fact));
    const other = facts.find(({ name }) => name === flipped)?.values[1] ?? '';
    // A made-up device: one byte, of what the fact is.
    const software: RunSoftware = (_, chosen) => [Uint8Array.of(chosen[flipped] === other ? 9 : 1)];
    const judged = (byte: number) => judgeRung(rung, software, () => [Uint8Array.of(byte)]);
    expect(judged(1).state).to.equal('same');
    const differs = judged(9);
    expect(differs.state).to.equal('differs');
    expect(JSON.stringify(differs)).to.contain(flipped);
    expect(judgeFacts([differs]).find(({ name }) => name === flipped)?.readings).to.deep.equal([other]);
    expect(
      judgeRung(rung, software, () => {
        throw new Error('the device is gone');
      }).state,
    ).to.equal('failed');
  });
});
