import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartOf, panelsOf } from '../../benchmarks/chart.js';
import { chosenCases } from '../../benchmarks/choice.js';
import { type Case, figureText, type Results, spreadOf } from '../../benchmarks/figures.js';
import { pageOf } from '../../benchmarks/page.js';
import type { Part } from '../../benchmarks/part.js';
import { parts } from '../../benchmarks/parts/index.js';
import { takenOf } from '../../benchmarks/said.js';
import { readResults, withCases } from '../../benchmarks/store.js';
import { figureRows, markdownTable, plainTable, ratioRows } from '../../benchmarks/table.js';
import { writtenFiles } from '../../benchmarks/written.js';
import { repository } from '../host/repository.js';

const part: Part = {
  name: 'made-up',
  title: 'A part',
  text: [],
  each: 'model',
  columns: [
    { key: 'ms', title: 'ms' },
    { key: 'unused', title: 'unused' },
    { key: 'nodes', title: 'nodes' },
  ],
  ratios: [{ title: 'theirs / ours', column: 'ms', over: 'theirs', under: 'ours' }],
  cases: ['first', 'second', 'third'],
  quickCases: ['second'],
  byHand: [],
  open: () => Promise.reject(new Error('nothing is measured here')),
};

const caseOf = (name: string, more: Partial<Case> = {}): Case => ({
  name,
  taken: '2026-11-27T22:00:00.000Z',
  commit: 'abc',
  machine: { cpu: 'a CPU', cores: 2, memory: '24 GiB', system: 'Linux' },
  load: [1, 2],
  isQuick: false,
  skipped: null,
  rows: [
    { who: 'theirs', figures: { ms: spreadOf([30, 10, 20]), nodes: '3 of 4' } },
    { who: 'ours', figures: { ms: 5 } },
  ],
  ...more,
});

describe('benchmarks', () => {
  it('takes the median, and says least and most', () => {
    expect(spreadOf([3, 1, 10, 2])).to.deep.equal({ median: 2.5, least: 1, most: 10, count: 4 });
    expect(spreadOf([7]).median).to.equal(7);
    expect(() => spreadOf([])).to.throw(RangeError);
    expect(figureText(spreadOf([3, 1, 10, 2]))).to.equal('2.50 (1-10)');
    expect(figureText(spreadOf([0.1234]))).to.equal('0.123');
    expect([0, 12, 99.96, 123.4, 1.005].map((value) => figureText(value))).to.deep.equal([
      ...['0', '12', '100.0', '123', '1.00'],
    ]);
    expect([null, undefined, 'text'].map((value) => figureText(value))).to.deep.equal(['', '', 'text']);
  });

  it('leaves out columns without a figure, and ratios where one of the two was not measured', () => {
    const [, ours] = caseOf('').rows;
    const cases = [caseOf('first'), caseOf('second', { rows: ours === undefined ? [] : [ours] })];
    expect(figureRows(part, cases)).to.deep.equal([
      ['model', 'by', 'ms', 'nodes'],
      ['first', 'theirs', '20 (10-30)', '3 of 4'],
      ['', 'ours', '5', ''],
      ['second', 'ours', '5', ''],
    ]);
    expect(ratioRows(part, cases)).to.deep.equal([
      ['model', 'theirs / ours'],
      ['first', '4x'],
    ]);
    expect(ratioRows(part, cases.slice(1))).to.deep.equal([]);
  });

  it('shows why a case was skipped', () => {
    const rows = figureRows(part, [caseOf('first', { skipped: 'network: no apt', rows: [] }), caseOf('second')]);
    expect(rows[1]).to.deep.equal(['first', 'skipped: network: no apt', '', '']);
    expect(plainTable(rows).split('\n')[1]).to.equal('first   skipped: network: no apt');
  });

  it('writes tables of Markdown', () => {
    expect(
      markdownTable([
        ['a', 'b'],
        ['1|2', ''],
      ]),
    ).to.equal('| a | b |\n| --- | --- |\n| 1\\|2 |  |');
  });

  it('keeps cases that were not measured again, in the order of the part', () => {
    const old: Results = { part: 'made-up', cases: [caseOf('third'), caseOf('first'), caseOf('gone')] };
    const kept = withCases(part, old, [caseOf('first', { commit: 'new' })]);
    expect(kept.cases.map(({ name, commit }) => [name, commit])).to.deep.equal([
      ['first', 'new'],
      ['third', 'abc'],
    ]);
  });

  it('filters by part and case, in any case of letters', () => {
    const names = (filters: readonly string[], isQuick = false): readonly string[] =>
      chosenCases([part], filters, isQuick).flatMap((chosen) => chosen.names);
    expect(names([])).to.deep.equal(part.cases);
    expect(names(['UP/Second'])).to.deep.equal(['second']);
    expect(names(['third', 'first'])).to.deep.equal(['first', 'third']);
    expect(names([], true)).to.deep.equal(['second']);
    expect(names(['nothing'])).to.deep.equal([]);
  });

  it('reads what delegates say that they take', () => {
    expect(takenOf('ptfe: 30 of 31 nodes on the NPU in 2 partitions, 39 tasks, estimated 8 ms')).to.deep.equal({
      nodes: '30 of 31',
      partitions: 2,
      tasks: 39,
    });
    const teflon = [
      '  0 CONV            v1  supported   in: 0(u8) 30(u8)',
      ' 27 AVGPOOL         v1  unsupported in: 83(u8) out: 84(u8)',
      'teflon: compiling graph: 89 tensors 27 operations',
    ].join('\n');
    expect(takenOf(teflon)).to.deep.equal({ nodes: '1 of 2', partitions: 1, tasks: null });
    expect(takenOf('')).to.deep.equal({ nodes: '0', partitions: 0, tasks: null });
  });

  it('draws bars by their values, and escapes names', () => {
    const chart = chartOf([
      {
        title: 'ms',
        groups: [
          {
            title: 'a<b',
            bars: [
              { label: 'x', value: 1, isOurs: true },
              { label: 'y', value: 4, isOurs: false },
            ],
          },
        ],
      },
      { title: 'empty', groups: [] },
    ]);
    const widths = [...chart.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => Number(width));
    expect(widths[1]).to.be.closeTo(4 * (widths[0] ?? 0), 4);
    expect(chart).to.include('a&lt;b').and.not.include('empty');
    expect(chartOf([])).to.equal('');
  });

  it('--list names every case, --quick fewer', () => {
    const list = (...args: readonly string[]): string =>
      spawnSync(process.execPath, ['--import', 'tsx', 'benchmarks/main.ts', '--list', ...args], {
        cwd: repository,
        encoding: 'utf8',
      }).stdout;
    const all = parts.flatMap(({ name, cases }) => cases.map((one) => `  ${name}/${one}`));
    expect(
      list()
        .split('\n')
        .filter((line) => line.startsWith('  ')),
    ).to.deep.equal(all);
    for (const { cases, quickCases } of parts) expect(cases).to.include.members([...quickCases]);
  });

  it('the page and the chart are those of the results', () => {
    for (const [path, text] of writtenFiles())
      expect(readFileSync(join(repository, path), 'utf8'), `${path}: npm run bench -- --page`).to.equal(text);
    expect(readFileSync(join(repository, 'README.md'), 'utf8')).to.include('docs/benchmarks.svg');
  });

  it('a figure that changes changes the page and the chart', () => {
    const changed = (name: string): Results => {
      const results = readResults(name);
      const cases = results.cases.map((one) => ({
        ...one,
        rows: one.rows.map((row) => ({
          ...row,
          figures: { ...row.figures, invoke: 1234.5, alone: 1234.5 },
        })),
      }));
      return { ...results, cases };
    };
    expect(pageOf(parts, changed)).to.include('1235');
    expect(chartOf(panelsOf(changed))).to.not.equal(chartOf(panelsOf(readResults)));
  });

  it('results have known cases, and figures that a column shows', () => {
    for (const { name, cases, columns } of parts) {
      for (const result of readResults(name).cases) {
        expect(cases).to.include(result.name);
        const keys = columns.map(({ key }) => key);
        for (const { who, figures } of result.rows)
          expect(keys, `${name}/${result.name}, ${who}`).to.include.members(Object.keys(figures));
      }
    }
  });
});
