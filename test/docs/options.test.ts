import { expect } from 'chai';
import { delegateOptions } from '../../src/cli/delegate_options.js';
import { optionsPage } from '../../src/cli/options_page.js';
import { facts } from '../../src/hardware/facts.js';

describe('docs/options.md', () => {
  const page = optionsPage();
  const exampleOf = (name: string): string => new RegExp(`\\{"${name}": "([^"]*)"\\}`).exec(page)?.[1] ?? '';

  it('has an example of every option, with a value that it takes', () => {
    for (const { name, allowed } of delegateOptions) {
      const example = exampleOf(name);
      expect(example, name).to.not.equal('');
      const values = allowed.split('|');
      if (!allowed.includes('<')) expect(values, name).to.include(example);
      const range = /(\d+) to (\d+)/.exec(allowed);
      if (range !== null) expect(Number(example), name).to.be.within(Number(range[1]), Number(range[2]));
    }
  });

  it('names a fact and a reading that exist', () => {
    const [name = '', value = ''] = exampleOf('facts').split('=');
    expect(facts.find((fact) => fact.name === name)?.values).to.include(value);
  });
});
