import { expect } from 'chai';
import { compileTflite } from '../../../src/compile.js';
import { findRegister, type Block } from '../../../src/hardware/registers.js';
import { readPlan } from '../../../src/plan/read.js';
import { programOfPlan } from '../../../src/explain/plan_program.js';
import { notWritten, vendorForms } from './vendor_forms.js';

/** Our words beside the vendor's, form by form. A difference without a reason fails, and so does a reason without one. */
const wordsOf = (model: Uint8Array, trust: 'seen' | 'inferred') => {
  const { parts, refusals } = compileTflite(model, { trust });
  expect(refusals).to.deep.equal([]);
  return parts.flatMap(({ plan }) => programOfPlan(readPlan(plan), '').tasks.map(({ words }) => words));
};

const offsetOf = (name: string): number => {
  const [block = '', register = ''] = name.split('.');
  return findRegister(block as Block, register).offset;
};

const hex = (value: number | undefined): string =>
  value === undefined ? 'nothing' : `0x${(value >>> 0).toString(16)}`;

describe("our words and the vendor's, form by form", () => {
  for (const { title, model, trust = 'inferred', task = 0, tasks, words, differences = {} } of vendorForms) {
    it(title, () => {
      const all = wordsOf(model, trust);
      expect(all.length, 'tasks').to.equal(tasks);
      for (const [name, vendor] of Object.entries(words)) {
        const offset = offsetOf(name);
        const ours = all[task]?.filter((word) => word.offset === offset && word.target !== 0).at(-1)?.value;
        const { ours: other } = differences[name] ?? { ours: vendor };
        expect(hex(ours), `${name}, the vendor's ${hex(vendor)}`).to.equal(hex(other));
      }
      for (const [name, { ours, why }] of Object.entries(differences)) {
        expect(hex(ours), `${name} differs`).to.not.equal(hex(words[name]));
        console.log(`      ${name}: ${hex(ours)}, the vendor's ${hex(words[name])}: ${why}`);
      }
    });
  }

  it('says which forms are not written, and why', () => {
    for (const [form, why] of Object.entries(notWritten)) console.log(`      ${form}: ${why}`);
    expect(Object.keys(notWritten)).to.have.length.above(0);
  });
});
