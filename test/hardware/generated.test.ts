import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from '../../src/generated_files.js';
import { repository } from '../host/repository.js';

/** What `npm run generate` writes stands in git. */
describe('generated files', () => {
  const generated = generatedFiles({
    readme: readFileSync(join(repository, 'README.md'), 'utf8'),
    cases: readdirSync(join(repository, 'test/ops/cases')),
  });

  for (const [path, text] of generated)
    it(`${path} is what its source says`, () => {
      const file = join(repository, path);
      expect(existsSync(file) ? readFileSync(file, 'utf8') : '', 'npm run generate').to.equal(text);
    });

  it('no other file stands among them', () => {
    const folder = 'delegate/generated';
    const known = generated.map(([path]) => path).filter((path) => path.startsWith(folder));
    const there = readdirSync(join(repository, folder)).map((name) => `${folder}/${name}`);
    expect(there.toSorted()).to.deep.equal(known.toSorted());
  });
});
