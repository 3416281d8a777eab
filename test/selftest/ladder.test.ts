import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { facts } from '../../src/hardware/facts.js';
import { readPlan } from '../../src/plan/read.js';
import { judgeFacts, judgeRung, type RunSoftware } from '../../src/selftest/judge.js';
import { factsOf, ladder, silentFacts } from '../../src/selftest/ladder.js';
import { writeTflite } from '../host/tflite_writer.js';
import { Builder } from '../ops/builder.js';
import { everyOp } from '../ops/every_op.js';

/** The ladder and its judge, on devices that are made up: the software NPU itself is asked in selftest.test.ts. */
/** Of every op in every form. */
const everyPlan = (): readonly Uint8Array[] =>
  everyOp.flatMap(({ make }) => {
    const b = new Builder(7);
    const map = { type: 'int8', shape: [1, 6, 4, 40], scale: 0.05, zero: -3 } as const;
    const made = make(b, { ...map, index: b.input(map.type, map.shape, map.scale, map.zero) });
    if (made === null) return [];
    const outputs = made.map(({ index }) => index);
    return compileTflite(writeTflite(b.model('', outputs).spec), { trust: 'inferred', parts: 'all' }).parts.map(
      ({ plan }) => plan,
    );
  });

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

  it('rests on every fact that only silicon tells, and that plans of any op rest on', () => {
    const told = new Set(rungs.flatMap((rung) => [...factsOf(rung)]));
    const rested = new Set(everyPlan().flatMap((plan) => readPlan(plan).ops.flatMap((op) => op.facts)));
    expect([...rested].filter((fact) => silentFacts.includes(fact) && !told.has(fact))).to.deep.equal([]);
    expect([...rested].filter((fact) => silentFacts.includes(fact))).to.have.length.above(3);
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
