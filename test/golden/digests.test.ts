import { expect } from 'chai';
import { usualSettings } from '../replay/compiled.js';
import { skip } from '../host/skip.js';
import { zooIsHere } from '../models/zoo.js';
import { type DigestLine, digestLines, digestOf, knownDigests } from './digests.js';

const advice = 'npm run replay -- --base HEAD tells what; if it was meant, npm run golden';

describe('golden: digests of what the compiler makes of whole models', function () {
  this.timeout(600_000);
  const lines = digestLines();
  const known = knownDigests();

  const differing = async (wanted: readonly DigestLine[]): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const line of wanted) {
      const was = known.get(line.key) ?? 'not in the list';
      const is = await digestOf(line);
      if (is !== was) found.push(`${line.key}: ${is}, and it was ${was}`);
    }
    return found;
  };

  for (const setting of usualSettings) {
    it(`${setting}: the repository's own models`, async () => {
      const wanted = lines.filter((line) => line.setting === setting && line.own);
      expect(wanted).to.have.length.above(20);
      expect(await differing(wanted), advice).to.deep.equal([]);
    });

    it(`${setting}: models beside the repository`, async function () {
      if (!zooIsHere) skip(this, 'shared: the models beside the repository are not here');
      const here = lines.filter((line) => line.setting === setting && !line.own);
      const wanted = here.filter(({ key }) => known.has(key));
      if (wanted.length < here.length) console.log(`      ${here.length - wanted.length} models are not in the list`);
      expect(wanted).to.have.length.above(20);
      expect(await differing(wanted), advice).to.deep.equal([]);
    });
  }

  it("every one of the repository's own lines is of a model", () => {
    const keys = new Set(lines.map(({ key }) => key));
    const folders = new Set(lines.filter(({ own }) => own).map(({ key }) => key.replace(/\/.*/, '/')));
    const stray = [...known.keys()].filter((key) => !keys.has(key) && folders.has(key.replace(/\/.*/, '/')));
    expect(stray, advice).to.deep.equal([]);
  });
});
