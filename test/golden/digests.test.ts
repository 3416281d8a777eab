// Not a unit test: whole models, half a minute of CPU.
import { expect } from 'chai';
import { usualSettings } from '../replay/compiled.js';
import { modelFolder, zooIsHere } from '../host/shared.js';
import { skip } from '../host/skip.js';
import { type DigestLine, digestOf, knownDigests } from './digest_list.js';
import { digestLines } from './digests.js';

const advice = 'npm run replay -- --base HEAD tells what; if it was meant, npm run golden';

describe('golden: digests of what the compiler makes of whole models', function () {
  this.timeout(600_000);
  const lines = digestLines();
  const known = knownDigests();

  const differing = (wanted: readonly DigestLine[]): readonly string[] => {
    const found: string[] = [];
    for (const line of wanted) {
      const was = known.get(line.key) ?? 'not in the list';
      const is = digestOf(line);
      if (is !== was) found.push(`${line.key}: ${is}, and it was ${was}`);
    }
    return found;
  };

  for (const setting of usualSettings) {
    it(`${setting}: the repository's own models`, () => {
      // Those of single ops stand in op_digests.test.ts.
      const isApart = ({ key }: DigestLine): boolean => setting === 'fast' && key.startsWith('ops/');
      const wanted = lines.filter((line) => line.setting === setting && line.own && !isApart(line));
      expect(wanted).to.have.length.above(20);
      expect(differing(wanted), advice).to.deep.equal([]);
    });

    it(`${setting}: models beside the repository`, function () {
      if (!zooIsHere) return skip(this, `shared: no models at ${modelFolder}`);
      const here = lines.filter((line) => line.setting === setting && !line.own);
      const wanted = here.filter(({ key }) => known.has(key));
      if (wanted.length < here.length) console.log(`      ${here.length - wanted.length} models are not in the list`);
      expect(wanted).to.have.length.above(20);
      expect(differing(wanted), advice).to.deep.equal([]);
    });
  }

  it("every one of the repository's own lines is of a model", () => {
    const keys = new Set(lines.map(({ key }) => key));
    const folders = new Set(lines.filter(({ own }) => own).map(({ key }) => key.replace(/\/.*/, '/')));
    const stray = [...known.keys()].filter((key) => !keys.has(key) && folders.has(key.replace(/\/.*/, '/')));
    expect(stray, advice).to.deep.equal([]);
  });
});
