import { expect } from 'chai';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { delegateLibrary, type RunResult } from '../host/oracle.js';
import { runtimes } from '../host/python.js';
import { skip } from '../host/skip.js';
import { expectDelegated, expectRightAnswer, expectScenario } from './expectations.js';
import { type Bench, engine, openBench, said } from './host_program.js';
import { branchingModel, floatModel, int16Model, int8Model } from './models.js';

/** What programs do with TFLite around the delegate: all of it in both Python runtimes. */
for (const runtime of runtimes) {
  describe(`delegate in ${runtime}`, function () {
    this.timeout(300_000);
    let bench: Bench;
    let reference: RunResult;
    const model = int8Model();
    before(async function () {
      const opened = openBench(runtime);
      if (typeof opened === 'string') return skip(this, opened);
      bench = opened;
      reference = await bench.reference(model);
    });
    after(() => bench?.remove());

    it('takes the whole model as one part and says nothing', async () => {
      const result = await bench.run(model, {});
      expectDelegated(result, reference);
      if (!result.ok) return;
      expect(result.nodes.every((node) => node.delegated)).to.equal(true);
      expect(result.partitions).to.equal(1);
      expect(said(result.stderr)).to.deep.equal([]);
    });

    it('an unknown option is an error that names the allowed ones', async () => {
      const result = await bench.run(model, { coers: '1' });
      if (result.ok) throw new Error('it was accepted');
      expect(result.crashed).to.equal(false);
      const text = result.error + result.stderr;
      expect(text).to.include('coers');
      for (const option of [
        'device',
        'chip',
        'cache',
        'node',
        'engine',
        'timeout',
        'verbose',
        'profile',
        'trust',
        'parts',
        'precision',
        'plan',
      ])
        expect(text).to.include(option);
    });

    it('an unknown value is an error that names the allowed ones', async () => {
      const cases = [
        [{ device: 'gpu' }, 'software'],
        [{ chip: 'rk9999' }, 'rk3588'],
        [{ verbose: '2' }, '0|1'],
        [{ plan: '~' }, 'give the whole path'],
        [{ verbose: '-1' }, 'verbose'],
        [{ timeout: '1e99' }, 'timeout'],
        [{ trust: 'blind' }, 'inferred'],
        [{ parts: 'some' }, 'worthwhile'],
        [{ precision: 'perfect' }, 'best'],
        [{ fact: 'no_such_fact=1' }, 'no_such_fact'],
      ] as const;
      for (const [options, named] of cases) {
        const result = await bench.run(model, options);
        if (result.ok) throw new Error(`${JSON.stringify(options)} was accepted`);
        expect(result.crashed, JSON.stringify(options)).to.equal(false);
        expect(result.error + result.stderr).to.include(named);
      }
    });

    it('options come from the environment too', async () => {
      const wrong = await bench.run(model, {}, { variables: { PTFE_DEVICE: 'gpu' } });
      if (wrong.ok) throw new Error('PTFE_DEVICE=gpu was accepted');
      expect(wrong.error + wrong.stderr).to.match(/software/);
      const right = await bench.run(model, { device: 'software' }, { variables: { PTFE_DEVICE: 'gpu' } });
      expectDelegated(right, reference);
    });

    for (const [kind, make] of [
      ['float', floatModel],
      ['int16', int16Model],
    ] as const) {
      it(`a ${kind} model passes by`, async () => {
        const other = make();
        const plain = await bench.reference(other);
        const result = await bench.run(other, {});
        if (!plain.ok || !result.ok) throw new Error(result.ok ? 'no reference' : `${result.error} ${result.stderr}`);
        expect(result.outputs).to.deep.equal(plain.outputs);
        expect(result.nodes.filter((node) => node.delegated)).to.deep.equal([]);
        expect(said(result.stderr).length, result.stderr).to.be.at.most(1);
      });
    }

    it('several subgraphs on one delegate', async () => {
      const branching = branchingModel();
      expectRightAnswer(await bench.run(branching, {}), await bench.reference(branching));
    });

    it('inputs that are resized afterwards', () => {
      const scenario = bench.scenario('resize', model);
      expectScenario(scenario);
      expect(scenario.result['partitions']).to.equal(1);
    });

    it('inputs that were resized before', () => {
      const scenario = bench.scenario('resize_before', model);
      expectScenario(scenario);
      expect(scenario.result['parts']).to.deep.equal([1, 0, 1]);
      expect(said(scenario.stderr)).to.have.lengthOf(1);
      expect(said(scenario.stderr)[0]).to.match(/allocate tensors before the delegate is applied/);
    });

    it('a batch of two', () => expectScenario(bench.scenario('batch', model)));

    it('two interpreters in one process', () => {
      const scenario = bench.scenario('two_interpreters', model);
      expectScenario(scenario);
      expect(scenario.result['partitions']).to.equal(1);
    });

    it('the library loaded twice, under two names', () => {
      const copy = join(bench.folder, 'libother.so');
      copyFileSync(delegateLibrary, copy);
      copyFileSync(engine, join(bench.folder, 'engine.mjs')); // beside it, where the copy looks
      const scenario = bench.scenario('two_libraries', model, { values: { copy } });
      expectScenario(scenario);
      expect(scenario.result['partitions']).to.equal(1);
    });

    it('interpreters in several threads', () => {
      const scenario = bench.scenario('threads', model);
      expectScenario(scenario);
      expect(scenario.result['errors']).to.deep.equal([]);
    });

    it('200 rounds of create, run, destroy keep nothing', () => {
      const cache = join(bench.folder, 'cache');
      const scenario = bench.scenario('rounds', model, { options: { cache }, values: { rounds: 200 } });
      expectScenario(scenario);
      expect(scenario.result['partitions']).to.equal(1);
      const [before = 0, after = 0] = scenario.result['kilobytes'] as readonly number[];
      console.log(`      resident: ${before} KiB after 50 rounds, ${after} KiB after 200`);
      const [filesBefore, filesAfter] = scenario.result['files'] as readonly number[];
      const [threadsBefore, threadsAfter] = scenario.result['threads'] as readonly number[];
      expect(filesAfter, 'open files').to.equal(filesBefore);
      expect(threadsAfter, 'threads').to.equal(threadsBefore);
      // A leak of a plan or a message would be 70 KB a round: more than 10 MB.
      expect(after - before, 'KiB').to.be.below(1024);
    });

    it('20 rounds with the engine keep nothing', () => {
      const scenario = bench.scenario('rounds', model, { values: { rounds: 20 } });
      expectScenario(scenario);
      const [filesBefore, filesAfter] = scenario.result['files'] as readonly number[];
      expect(filesAfter, 'open files').to.equal(filesBefore);
    });
  });
}
