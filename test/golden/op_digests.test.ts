import { expect } from 'chai';
import { compileTflite } from '../../src/compile.js';
import { bugRule } from '../../src/partition/part_rules.js';
import { opModels, opSetting as setting } from '../replay/op_models.js';
import { digestOf, knownDigests } from './digest_list.js';

/** A digest that differs: another program, other notes, or another verdict on a node. */
const advice = 'npm run replay -- --base HEAD --models ops/ tells what; if it was meant, npm run golden';

describe('golden: digests of what the compiler makes of each op', () => {
  const known = knownDigests();
  const models = opModels();
  for (const group of new Set(models.map((model) => model.group)))
    it(group, () => {
      const key = `${group} ${setting}`;
      const is = digestOf({ key, own: true, models: models.filter((model) => model.group === group), setting });
      expect(is, advice).to.equal(known.get(key));
    });

  it('has no op that a bug of the compiler leaves to the CPU', () => {
    const bugs = models.flatMap(({ name, bytes }) =>
      compileTflite(bytes(), { trust: 'inferred', parts: 'all' }).refusals.flatMap(({ rule, text }) =>
        rule === bugRule ? [`${name}: ${text}`] : [],
      ),
    );
    expect(bugs).to.deep.equal([]);
  });
});
