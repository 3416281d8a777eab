import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { facts, isSeen, unshown } from '../../src/hardware/facts.js';
import { repository } from '../host/repository.js';

const folder = join(repository, 'delegate/npu');
const sources = readdirSync(folder)
  .filter((name) => name.endsWith('.c'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

describe('hardware: facts', () => {
  it('every fact is a switch of the software NPU, with readings that differ', () => {
    expect(new Set(facts.map(({ name }) => name)).size).to.equal(facts.length);
    for (const { name, values } of facts) {
      expect(sources, name).to.match(new RegExp(`\\bNPU_FACT_${name.toUpperCase()}\\b`));
      expect(new Set(values).size, name).to.equal(values.length);
    }
  });

  it('every reading has a source; what is contradicted is not assumed, and nothing speaks for it', () => {
    for (const { name, readings } of facts) {
      for (const { value, by, source } of readings) {
        expect(source, `${name}=${value}`).to.not.equal('');
        if (source.includes('contradicted')) expect(by, `${name}=${value}`).to.equal('none');
        if (by === 'vendor') expect(source, `${name}=${value}`).to.match(/vendor-truth(-2)?\.md \d/);
      }
      expect(readings[0].source, name).to.not.include('contradicted');
    }
  });

  it('trust=seen lets roundings of ties pass, and nothing else that nobody has shown', () => {
    const found = unshown(facts.map(({ name }) => name));
    for (const fact of facts) expect(found.includes(fact), fact.name).to.equal(!fact.ties && !isSeen(fact));
    expect(unshown(['bs_shift_rounding', 'bn_order', 'no_such_fact'])).to.deep.equal([]);
  });
});
