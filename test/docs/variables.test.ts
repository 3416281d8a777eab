import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { delegateOptions, variableOf } from '../../src/wire/delegate_options.js';
import { repository } from '../host/repository.js';

/** docs/testing.md against what is read: a variable that nobody documents cannot be set by anybody else. */
const folders = ['test', 'scripts', 'benchmarks', '.ci', 'examples', 'delegate', 'python'];
const reads = [
  /process\.env\.(PTFE_\w+)/g,
  /process\.env\['(PTFE_\w+)'\]/g,
  /getenv\("(PTFE_\w+)"\)/g,
  /environ[^\n]{0,8}["'](PTFE_\w+)["']/g,
  /\$\{?(PTFE_[A-Z_]+)/g,
];

const read = new Set(
  folders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile() && /(^run|\.(ts|mjs|cjs|py|c|h|sh))$/.test(entry.name))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
      .flatMap((text) => reads.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name))),
  ),
);
const options = new Set(delegateOptions.map(variableOf));
const documented = new Set(
  [...readFileSync(join(repository, 'docs/testing.md'), 'utf8').matchAll(/^\| `(PTFE_\w+)` \|/gm)].map(
    ([, name = '']) => name,
  ),
);

describe('docs/testing.md', () => {
  it('has every variable that tests, scripts or the delegate read beside its options', () => {
    expect(read.size).to.be.above(15);
    expect([...read].filter((name) => !documented.has(name) && !options.has(name))).to.deep.equal([]);
  });

  it('has no variable that nobody reads, and none that is an option', () => {
    expect([...documented].filter((name) => !read.has(name) || options.has(name))).to.deep.equal([]);
  });
});
