import { expect } from 'chai';
import { rk3588 } from '../../src/hardware/chips.js';
import { stageNames } from '../../src/stages.js';
import { invalidStage, type Told } from '../../src/validate/index.js';
import { arenaRules } from '../../src/validate/arena_rules.js';
import { operationRules } from '../../src/validate/operation_rules.js';
import { placementRules } from '../../src/validate/placement_rules.js';
import { scheduleRules } from '../../src/validate/schedule_rules.js';
import { taskRules } from '../../src/validate/task_rules.js';
import { tileRules } from '../../src/validate/tile_rules.js';
import { corruptions } from './corruptions/index.js';
import { type Snapshot, snapshots } from './snapshots.js';

/** Every rule about what stages hand to each other notices what it is about, in whatever the compiler makes of real models. */
describe('what a stage hands to the next', () => {
  let all: readonly Snapshot[] = [];
  before(() => {
    all = snapshots();
  });

  it('keeps all rules, of every form of every op', () => {
    for (const { title, before: earlier, told } of all)
      expect(invalidStage(rk3588, earlier, told), title).to.equal(null);
    expect(new Set(all.map(({ told }) => told.stage)).size).to.equal(stageNames.length - 2);
  });

  for (const { stage, rule, title, spoil, also = [] } of corruptions) {
    it(`${stage}, ${rule}: ${title}`, () => {
      let spoilt = 0;
      // Each has another order, so that all models have their turn.
      const start = (31 * [...title].length) % all.length;
      for (const { title: of, before: earlier, told } of [...all.slice(start), ...all.slice(0, start)]) {
        if (told.stage !== stage || spoilt === 12) continue;
        const wrong = spoil(told.data as never, earlier as Required<Told>, told.part);
        if (wrong === null) continue;
        spoilt++;
        const text = invalidStage(rk3588, { ...earlier, ...wrong.before }, {
          stage,
          part: told.part,
          data: wrong.data,
        } as never);
        expect(text, of).to.match(new RegExp(`^after ${stage}: `));
        const named = [rule, ...also].some((name) => text?.includes(`(${name}: `) === true);
        expect(named, `${of}: ${text}`).to.equal(true);
      }
      expect(spoilt, 'what could be spoilt').to.be.above(0);
    });
  }

  it('has a corruption for each rule', () => {
    const rules = {
      fuse: operationRules,
      place: placementRules,
      tile: tileRules,
      schedule: scheduleRules,
      allocate: arenaRules,
      emit: taskRules,
    };
    const tried = new Set(corruptions.map(({ stage, rule }) => `${stage} ${rule}`));
    const named = Object.entries(rules).flatMap(([stage, own]) => own.map(({ name }) => `${stage} ${name}`));
    expect(named.filter((name) => !tried.has(name))).to.deep.equal([]);
  });
});
