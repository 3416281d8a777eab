import { expect } from 'chai';
import { facts } from '../../src/hardware/facts.js';
import { convolutionForms } from './forms/convolution.js';
import { elementwiseForms } from './forms/elementwise.js';
import type { Form } from './forms/form.js';
import { inputForms } from './forms/inputs.js';
import { poolingForms } from './forms/pooling.js';
import { tableForms } from './forms/tables.js';
import { countOff, execute, expectCube, result } from './machine.js';
import { driverOrSkip } from './native.js';

/**
 * The forms of the vendor's compiler, word for word, against formulas that know nothing of the software NPU. Each one is
 * also run under the readings of the facts that it decides: something else must come out, or the form is refused.
 */
const groups: Readonly<Record<string, readonly Form[]>> = {
  elementwise: elementwiseForms,
  tables: tableForms,
  convolutions: convolutionForms,
  inputs: inputForms,
  'pooling and resizes': poolingForms,
};

for (const [name, forms] of Object.entries(groups)) {
  describe(`vendor's forms: ${name}`, () => {
    let driver = '';

    before(function () {
      driver = driverOrSkip(this);
    });

    for (const { title, memory, tasks, output, expected, flips = {} } of forms) {
      it(title, () => {
        const bytes = result({ driver, memory, tasks }, output.name);
        expectCube(output.shape, bytes, expected);
        expect(new Set(bytes).size, 'different values').to.be.greaterThan(15);
        for (const [fact, values] of Object.entries(flips)) {
          for (const value of values) {
            const other = execute({ driver, memory, tasks, facts: { [fact]: value } });
            if (typeof other === 'string') expect(other, `${fact}=${value}`).to.match(/task \d/);
            else
              expect(
                countOff(output.shape, other[output.name] ?? new Uint8Array(), expected),
                `${fact}=${value}`,
              ).to.be.greaterThan(0);
          }
        }
      });
    }
  });
}

describe("vendor's forms together", () => {
  /** Its programs are in tasks.test.ts: no single task tells. */
  const elsewhere = new Set(['register_hold']);

  it('tell every reading that the vendor contradicts from the one that is assumed', () => {
    const told = new Set(
      Object.values(groups)
        .flat()
        .flatMap(({ flips = {} }) =>
          Object.entries(flips).flatMap(([fact, values]) => values.map((value) => `${fact}=${value}`)),
        ),
    );
    const contradicted = facts
      .filter(({ name }) => !elsewhere.has(name))
      .flatMap(({ name, readings }) =>
        readings.filter(({ source }) => source.includes('contradicted')).map(({ value }) => `${name}=${value}`),
      );
    expect(contradicted).to.have.length.above(12);
    expect(contradicted.filter((one) => !told.has(one))).to.deep.equal([]);
  });
});
