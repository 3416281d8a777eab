import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { goldenFile, goldenText } from './listings.js';
import { goldenModels } from './models.js';

describe('golden: listings of our own register streams', () => {
  for (const model of goldenModels) {
    it(`${model.name}: ${model.shows}`, () => {
      const file = goldenFile(model);
      const wanted = existsSync(file) ? readFileSync(file, 'utf8') : '';
      expect(goldenText(model), 'the stream changed: if that was meant, npm run golden').to.equal(wanted);
    });
  }

  it('every listing belongs to a model and is short enough to be read', () => {
    const listings = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.txt'));
    expect(listings.toSorted()).to.deep.equal(goldenModels.map(({ name }) => `${name}.txt`).toSorted());
    for (const file of listings) {
      const lines = readFileSync(new URL(file, import.meta.url), 'utf8').split('\n');
      expect(lines.length, file).to.be.below(150);
    }
  });
});
