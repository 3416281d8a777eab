import { expect } from 'chai';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runSubcommand } from '../../src/cli/index.js';
import { tableText } from '../../src/explain/text_table.js';
import type { ModelReport } from '../../src/report/model_report.js';
import { loadAddon } from '../host/addon.js';
import { demandFresh } from '../host/fresh.js';
import { expectRefused, ptfe } from '../host/cli.js';
import { goldenModels } from '../golden/models.js';
import { repository } from '../host/repository.js';
import { skip } from '../host/skip.js';

const digits = join(repository, 'examples/digits_int8.tflite');
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The command on a terminal of so many columns. */
const onTerminal = (width: number, ...argv: readonly string[]): string => {
  let out = '';
  runSubcommand(argv, { out: (text) => void (out += text), err: () => undefined, outBytes: () => undefined, width });
  return out;
};

describe('ptfe report', () => {
  let folder = '';
  let reports: readonly ModelReport[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'ptfe-report-'));
    const models = ['conv_add', 'tiles_rows', 'average_pool'].map((name) => {
      const path = join(folder, `${name}.tflite`);
      writeFileSync(path, goldenModels.find((one) => one.name === name)?.bytes ?? new Uint8Array());
      return path;
    });
    const { code, out, err } = ptfe('report', digits, ...models, '--parts', 'all', '--json');
    expect(code, err).to.equal(0);
    ({ reports } = JSON.parse(out) as { readonly reports: readonly ModelReport[] });
    expect(reports.map(({ model }) => model)).to.deep.equal([digits, ...models]);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has every node once, and sums that are those of the rows, as ptfe estimate has them', () => {
    for (const { nodes, ops, parts, sum: all } of reports) {
      const listed = ops.flatMap((op) => op.nodes).sort((a, b) => a - b);
      expect(listed).to.deep.equal(nodes.map(({ node }) => node));
      expect(sum(ops.map(({ share }) => share))).to.be.closeTo(1, 1e-9);
      expect(sum(ops.map(({ microseconds }) => microseconds))).to.be.closeTo(all.microseconds, 1e-6);
      expect(sum(ops.map(({ tasks }) => tasks))).to.equal(sum(parts.map(({ tasks }) => tasks)));
    }
    const estimate = JSON.parse(ptfe('estimate', digits, '--parts', 'all', '--json').out) as { readonly total: number };
    expect(reports[0]?.sum.microseconds).to.be.closeTo(estimate.total, 1e-6);
  });

  it('counts the multiply-accumulates that the model asks for, by its shapes', () => {
    for (const { nodes, ops, tensors } of reports) {
      const shapeOf = (tensor = -1): readonly number[] => tensors.find((one) => one.tensor === tensor)?.shape ?? [];
      const product = (shape: readonly number[]): number => shape.reduce((all, dim) => all * dim, 1);
      for (const op of ops) {
        const expected = sum(
          nodes
            .filter(({ node, op: name }) => op.nodes.includes(node) && /CONV_2D$/.test(name))
            .map(({ op: name, inputs, outputs }) => {
              const [, height = 0, width = 0, channels = 0] = shapeOf(inputs[1]);
              // A depthwise filter is 1, height, width, channels; a convolution's first axis is the output's channels.
              return product(shapeOf(outputs[0])) * height * width * (name === 'CONV_2D' ? channels : 1);
            }),
        );
        expect(op.macs, op.op).to.equal(expected);
      }
    }
  });

  it('has a timeline of tasks that follow each other, and a memory in which nothing alive overlaps', () => {
    for (const { parts } of reports) {
      for (const { timeline, memory, total, tasks, bytes } of parts) {
        expect(timeline.filter(({ what }) => what === 'task' || what === 'table')).to.have.length(tasks);
        const ends = new Map<number | null, number>();
        for (const { core, start, duration } of timeline) {
          expect(start).to.be.at.least((ends.get(core) ?? 0) - 1e-6);
          ends.set(core, start + duration);
        }
        expect(Math.max(...ends.values())).to.be.closeTo(total, 1e-6);
        for (const [i, a] of memory.blocks.entries()) {
          expect(a.offset + a.bytes).to.be.at.most(bytes[a.memory]);
          for (const b of memory.blocks.slice(i + 1)) {
            const meet =
              a.memory === b.memory &&
              a.from <= b.to &&
              b.from <= a.to &&
              a.offset < b.offset + b.bytes &&
              b.offset < a.offset + a.bytes;
            expect(meet, `${JSON.stringify(a)} and ${JSON.stringify(b)}`).to.equal(false);
          }
        }
      }
    }
  });

  it('fits the terminal, and is whole in a pipe', () => {
    const whole = ptfe('report', digits).out;
    expect(whole).to.match(/^#27 SOFTMAX +CPU .*operator: no lowering for this operator yet$/m);
    expect(whole).to.match(/^op +on +MACs +tasks +in +weights +operands +out +cycles +us +share +util +bound +why$/m);
    for (const width of [60, 80, 120]) {
      const lines = onTerminal(width, 'report', 'examples/digits_int8.tflite').split('\n');
      for (const line of lines) expect(line.length, line).to.be.at.most(width);
      expect(lines.join('\n')).to.match(/^op +on .*us.*bound/m);
    }
  });

  it('a table of any cells is as wide as it may be, or has nothing left to leave out', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 });
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, text), { minLength: 1, maxLength: 5 }), (rows) => {
        const columns = [
          { head: 'x', isText: true },
          { head: 'n', rank: 1 },
          { head: 'why', isText: true },
        ];
        for (const line of tableText({ columns, rows }, 40)) expect(line.length).to.be.at.most(40);
        const lines = tableText({ columns, rows }, Infinity);
        expect(lines).to.have.length(rows.length + 1);
        for (const [i, row] of rows.entries())
          expect(lines[i + 1]?.split(/\s+/).filter((one) => one !== '')).to.deep.equal(
            row.flatMap((cell) => cell.split(' ')).filter((one) => one !== ''),
          );
      }),
    );
  });

  it('as CSV: a line of names, and one for each op, of as many cells', () => {
    const { code, out } = ptfe('report', digits, '--versus', 'precision=best', '--csv');
    expect(code).to.equal(0);
    const lines = out.trimEnd().split('\r\n');
    const heads = lines[0]?.split(',') ?? [];
    expect(heads.slice(0, 4)).to.deep.equal(['model', 'options', 'nodes', 'op']);
    const cells = lines
      .slice(1)
      .map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].slice(0, heads.length));
    for (const row of cells) expect(row).to.have.length(heads.length);
    expect(lines.some((line) => line.includes(',precision=best,'))).to.equal(true);
  });

  it('--html: one file that asks for nothing else, with the data of --json in it', function () {
    demandFresh('engine');
    if (!existsSync(join(repository, 'dist/report.html'))) return skip(this, 'tool: nothing is built (npm run build)');
    const page = join(folder, 'page.html');
    const args = ['report', digits, '--versus', 'precision=best,clock=1000'];
    const { code, out } = ptfe(...args, '--html', page);
    expect([code, out]).to.deep.equal([0, `${page}: a page with 2 reports\n`]);
    const text = readFileSync(page, 'utf8');
    const [, data = ''] = /<script type="application\/json" id="reports">([^<]*)<\/script>/.exec(text) ?? [];
    expect(JSON.parse(data)).to.deep.equal((JSON.parse(ptfe(...args, '--json').out) as { reports: unknown }).reports);
    expect(text).to.not.match(/<(?:link|img|iframe)|<script[^>]* src=|@import|url\(/);
    expect(text.match(/<script/g)).to.have.length(2);
  });

  it('refuses what it does not know, and says so', () => {
    expectRefused(ptfe('report'), 'no model given');
    expect(ptfe('report', digits, '--csv', '--json').err).to.contain('--csv or --json');
    expectRefused(ptfe('report', digits, '--versus', 'precision'), 'OPTION=VALUE');
    expectRefused(ptfe('report', digits, '--versus', 'precision=bestest'), '--precision bestest');
    expectRefused(ptfe('report', digits, '--html', folder), 'it cannot be written: it is a folder');
  });
});

describe('ptfe profile', () => {
  interface Profile {
    readonly device: string;
    readonly measured: number;
    readonly ops: readonly {
      readonly nodes: readonly number[];
      readonly tasks: number;
      readonly measured: number | null;
      readonly share: number | null;
    }[];
  }

  before(function () {
    if (typeof loadAddon() === 'string') return skip(this, 'tool: the addon is not built (npm run build:native)');
  });

  it('measures every op that has tasks, none of the CPU, and adds up', () => {
    const { code, out, err } = ptfe('profile', digits, '--device', 'software', '--runs', '3', '--json');
    expect(code, err).to.equal(0);
    const { device, measured, ops } = JSON.parse(out) as Profile;
    expect(device).to.equal('software');
    expect(ops.flatMap(({ nodes }) => nodes)).to.have.length(28);
    for (const { nodes, tasks, measured: own } of ops) {
      if (tasks > 0) expect(own, nodes.join(' ')).to.be.above(0);
      if (nodes.includes(27)) expect(own).to.equal(null);
    }
    expect(sum(ops.map((op) => op.measured ?? 0))).to.be.closeTo(measured, 1e-6);
    expect(sum(ops.map(({ share }) => share ?? 0))).to.be.closeTo(1, 1e-9);
  });

  it('takes the bytes of an input, and says what is wrong with them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ptfe-profile-'));
    const input = join(folder, 'input');
    writeFileSync(input, new Uint8Array(1024));
    expect(ptfe('profile', digits, input, '--device', 'software', '--runs', '1').out).to.match(
      /1 run by the software NPU/,
    );
    writeFileSync(input, new Uint8Array(10));
    expectRefused(ptfe('profile', digits, input, '--device', 'software'), "10 bytes, and the model's input has 1024");
    expectRefused(ptfe('profile', digits, '--runs', '0'), '--runs 0');
    expectRefused(ptfe('profile', digits, '--device', 'tpu'), 'only auto, npu, software are known');
    expectRefused(ptfe('profile'), 'no model given');
    rmSync(folder, { recursive: true });
  });
});
