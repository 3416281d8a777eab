import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionsPage, optionsTable } from '../../src/cli/options_page.js';
import { allowedOf, type DelegateOption, delegateOptions, variableOf } from '../../src/wire/delegate_options.js';
import { valueFault } from '../../src/wire/option_values.js';
import { repository } from '../host/repository.js';

const options: readonly DelegateOption[] = delegateOptions;
const fileOf = (name: string): string => readFileSync(join(repository, name), 'utf8');

describe('docs/options.md', () => {
  const page = optionsPage();

  it('has an example of every option, with a value that it takes', () => {
    for (const option of options) {
      const { name, example, initial } = option;
      expect(page)
        .to.contain(`{"${name}": "${example}"}`)
        .and.to.contain(`${variableOf(option)}=${example} `);
      expect(valueFault(option, example), name).to.equal(null);
      if (initial !== '') expect(valueFault(option, initial), name).to.equal(null);
      // An example that is the default would show nothing, but for what has one value.
      if (option.kind.is !== 'words' || option.kind.words.length > 1) expect(example, name).to.not.equal(initial);
    }
  });

  it('and README have a row for each, as the sources say now', () => {
    expect(fileOf('docs/options.md')).to.equal(page);
    const table = optionsTable();
    expect(table).to.have.length(options.length + 2);
    expect(fileOf('README.md')).to.contain(`\n${table.join('\n')}\n`);
    for (const [i, option] of options.entries())
      expect(table[i + 2]?.replaceAll('\\|', '|')).to.contain(allowedOf(option).replace(/[<>]/g, ''));
  });
});
