import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileTflite } from '../../src/compile.js';
import { stagesAfter } from '../../src/explain/dump.js';
import { plainJson } from '../../src/explain/plain_json.js';
import { readPlan } from '../../src/plan/read.js';
import { type StageName, stageNames } from '../../src/stages.js';
import { isHostStep } from '../../src/tile/task.js';
import { ptfe } from '../host/cli.js';
import { repository } from '../host/python.js';
import { randomGraph } from '../random/graph.js';

const digits = join(repository, 'examples/digits_int8.tflite');
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(path));
const options = { trust: 'inferred', parts: 'all' } as const;

/** What a line of each stage's text looks like, at least one of which is there. */
const lines: Readonly<Record<StageName, RegExp>> = {
  read: /^#0 CONV_2D v\d+ t\d+ t\d+ t\d+ -> t\d+: int8 1x16x16x16$/m,
  partition: /^#0 CONV_2D part 0$/m,
  rewrite: /^#0 CONV_2D v\d+ t\d+ t\d+ t\d+ -> t\d+: int8 1x16x16x16$/m,
  lower: /^#0 conv t\d+ -> t\d+: 32x32x1 to 16x16x16, kernel 3x3, stride 2x2, padding 0 above, 0 left, 144 weights$/m,
  fuse: /^#4 add t\d+ t\d+ -> t\d+$/m,
  place:
    /^t\d+ at 0 of t\d+: 16x16x4, \d+ surfaces of \d+, lines of 256 bytes, blocks of 2x2 from row 0, column 0 at the border$/m,
  tile: /^ {2}rows 0\.\.15 to 0\.\.15, columns 0\.\.15 to 0\.\.15, channels 0\.\.15, .*banks \d+ for data, \d+ for weights$/m,
  schedule: /^job 0, core 0: operations 0 1 2/m,
  allocate: /^t\d+ arena\+0x[0-9a-f]+: \d+ bytes, operations 0 to \d+$/m,
  estimate: /^part: \d+\.\d+ ms, bound by (compute|memory|dispatch|host)$/m,
  emit: /^task 0 of operation 0: \d+ words, writes arena\+0x[0-9a-f]+, about \d+ cycles$/m,
  plan: /^tasks #0 task 0: at regcmd\+0x0, \d+ words$/m,
};

describe('ptfe dump', () => {
  it('tells the stages in the order in which compile.ts comes to them', () => {
    const told: StageName[] = [];
    compileTflite(bytesOf(digits), options, 0, ({ stage }) => told.push(stage));
    expect(told).to.deep.equal(stageNames);
    expect(ptfe('dump', '--help').out).to.contain(stageNames.join(' '));
  });

  for (const stage of stageNames) {
    it(`after ${stage}: lines for people, and all of it as JSON`, () => {
      const text = ptfe('dump', digits, '--after', stage);
      expect(text.code, text.err).to.equal(0);
      expect(text.out).to.match(lines[stage]);
      expect(text.out, 'a value that was not told').to.not.match(/undefined|NaN|\[object/);
      const json = ptfe('dump', digits, '--after', stage, '--json');
      expect(json.code, json.err).to.equal(0);
      const { after, stages } = JSON.parse(json.out) as { after: string; stages: { data: object }[] };
      expect(after).to.equal(stage);
      expect(stages).to.have.length(1);
      expect(Object.keys(stages[0]?.data ?? {})).to.not.deep.equal([]);
    });
  }

  it('is of the same compilation as the plan: operations, tasks, memory, constants, bytes', () => {
    const only = <Name extends StageName>(name: Name) => {
      const [stage, ...more] = stagesAfter(bytesOf(digits), options, 0, name);
      expect(more).to.deep.equal([]);
      if (stage?.stage !== name) throw new Error(`no stage ${name}`);
      return stage;
    };
    const [part] = compileTflite(bytesOf(digits), options).parts;
    const [tile, allocate, emit, plan] = [only('tile'), only('allocate'), only('emit'), only('plan')];
    if (tile.stage !== 'tile' || allocate.stage !== 'allocate' || emit.stage !== 'emit' || plan.stage !== 'plan')
      throw new Error('other stages');
    expect(plan.data.bytes).to.deep.equal(part?.plan);
    const { ops, tasks, bos } = readPlan(plan.data.bytes);
    expect(tile.data.steps).to.have.length(ops.length);
    const tiles = tile.data.steps.reduce((sum, step) => sum + (isHostStep(step) ? 0 : step.tiles.length), 0);
    expect(emit.data.tasks).to.have.length(tasks.length);
    expect(tiles).to.be.within(1, tasks.length);
    expect(bos.find(({ kind }) => kind === 'arena')?.size).to.equal(allocate.data.arena.bytes.arena);
    expect(bos.find(({ kind }) => kind === 'constants')?.bytes).to.deep.equal(emit.data.constants);
  });

  it('has every stage of every part that has a plan, and of no other: graphs with refusals and cuts', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const { bytes } = randomGraph(seed);
      const { parts } = compileTflite(bytes, options);
      for (const stage of stageNames) {
        const found = stagesAfter(bytes, options, 0, stage);
        if (stage === 'read' || stage === 'partition') expect(found).to.have.length(1);
        else expect(found.map(({ part }) => part?.nodes)).to.deep.equal(parts.map(({ nodes }) => nodes));
      }
      const plans = stagesAfter(bytes, options, 0, 'plan').map((stage) => stage.stage === 'plan' && stage.data.bytes);
      expect(plans).to.deep.equal(parts.map(({ plan }) => plan));
    }
  });

  it('says in one line what is wrong with a call', () => {
    const refused = (argv: readonly string[], text: string): void => {
      const { code, out, err } = ptfe('dump', ...argv);
      expect([code, out]).to.deep.equal([2, '']);
      expect(err)
        .to.match(/^ptfe dump: [^\n]*\n$/)
        .and.to.contain(text);
    };
    refused([digits], `--after STAGE is missing (stages: ${stageNames.join(', ')})`);
    refused([digits, '--after', 'coffee'], '--after coffee: no such stage (stages: read');
    refused([digits, '--after', 'plan', '--graph', '1'], '--graph 1: the model has 1 graphs, numbered from 0');
    refused(['--after', 'plan'], 'no model given');
    refused([join(repository, 'package.json'), '--after', 'plan'], 'package.json');
  });

  it('exits with 1 where the NPU takes nothing: the model is there, and no part', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-dump-'));
    const small = join(folder, 'small.tflite');
    const refusing = [...Array(200).keys()]
      .map((seed) => randomGraph(seed + 1, 1).bytes)
      .find((bytes) => compileTflite(bytes, { trust: 'seen' }).parts.length === 0);
    if (refusing === undefined) throw new Error('the NPU takes a part of each of 200 graphs');
    writeFileSync(small, refusing);
    const { code, out } = ptfe('dump', small, '--trust', 'seen', '--after', 'tile');
    expect([code, out]).to.deep.equal([1, `${small}: the NPU takes no part of it (ptfe check says why)\n`]);
    expect(ptfe('dump', small, '--trust', 'seen', '--after', 'partition').code).to.equal(0);
    rmSync(folder, { recursive: true });
  });

  it('JSON has what JSON has no form for', () => {
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 8);
    const long = new Int32Array(100).fill(7);
    const value = {
      map: new Map([[1, new Set(['a'])]]),
      limit: Infinity,
      big: 2n ** 60n,
      short: Int8Array.of(-1, 2),
      slice: long.subarray(0, 3),
      long,
      view: new DataView(new ArrayBuffer(3)),
      nothing: null,
    };
    expect(plainJson(value, digest)).to.deep.equal({
      map: [[1, ['a']]],
      limit: 'Infinity',
      big: '1152921504606846976',
      short: { type: 'Int8Array', values: [-1, 2] },
      slice: { type: 'Int32Array', values: [7, 7, 7] },
      long: { type: 'Int32Array', length: 100, digest: digest(new Uint8Array(long.buffer)) },
      view: { type: 'DataView', length: 3, digest: digest(new Uint8Array(3)) },
      nothing: null,
    });
    expect(JSON.stringify(plainJson([1, -0.5, NaN], digest))).to.equal('[1,-0.5,"NaN"]');
  });
});
