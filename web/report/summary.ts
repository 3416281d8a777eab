/** The model in one table; next to another compile of it, where there is one. */
import type { ModelReport } from '../../src/report/model_report.js';
import { html, section, table } from './dom.js';
import { count, kib, percent, plural, time } from './numbers.js';

export const titleOf = ({ model, options }: ModelReport): string => {
  const given = Object.entries(options).map(([name, value]) => `${name}=${value}`);
  return `${model}${given.length === 0 ? '' : ` (${given.join(', ')})`}`;
};

const onEach = ({ nodes }: ModelReport, target: string): number =>
  nodes.filter((node) => node.target === target).length;

const rowsOf = (report: ModelReport): readonly (readonly [string, string])[] => {
  const { sum, parts, nodes, machine } = report;
  const bytes = (name: keyof ModelReport['parts'][number]['bytes']): number =>
    parts.reduce((total, part) => total + part.bytes[name], 0);
  return [
    ['time of an inference, estimated', time(sum.microseconds)],
    ['all of it on one big core of the CPU', time(sum.cpuAlone)],
    ['nodes on the NPU', `${onEach(report, 'npu')} of ${nodes.length}`],
    ['nodes on the host inside a part', count(onEach(report, 'host'))],
    ['nodes on the CPU', count(onEach(report, 'cpu'))],
    ['parts, jobs, tasks', `${plural(parts.length, 'part')}, ${plural(sum.jobs, 'job')}, ${plural(sum.tasks, 'task')}`],
    ['multiply-accumulates', count(sum.macs)],
    ['utilisation of the MAC array', sum.utilisation === null ? 'none' : percent(sum.utilisation)],
    ['cycles', count(sum.cycles)],
    [
      'bytes in, weights, operands, out (KiB)',
      Object.values(sum.bytes)
        .map((one) => kib(one) || '0')
        .join(', '),
    ],
    ['arena, shared with the host (KiB)', `${kib(bytes('arena')) || '0'}, ${kib(bytes('io')) || '0'}`],
    ['constants, commands (KiB)', `${kib(bytes('constants')) || '0'}, ${kib(bytes('commands')) || '0'}`],
    ['machine', `${machine.chip}, ${machine.megahertz} MHz, interrupts on a ${machine.interruptCpu} core`],
    ["whose TFLite's numbers", report.numerics],
  ];
};

/** @param other null: nothing to compare with */
export const summary = (report: ModelReport, other: ModelReport | null): HTMLElement => {
  const others = other === null ? [] : rowsOf(other);
  const heads = ['', titleOf(report), ...(other === null ? [] : [titleOf(other)])];
  const rows = rowsOf(report).map(([name, value], i) => [
    name,
    value,
    ...(other === null ? [] : [others[i]?.[1] ?? '']),
  ]);
  return section(
    'In sum',
    html('div', { class: 'scrolls wraps', tabindex: 0 }, table('The model in sum', heads, rows)),
  );
};

/** What to change in the model. */
export const advice = ({ advice: all }: ModelReport): HTMLElement =>
  section(
    'What to change',
    all.length === 0
      ? html('p', {}, 'Nothing: every node runs on the NPU.')
      : html(
          'ul',
          {},
          ...all.map(({ text, nodes }) => html('li', {}, `${nodes.map((node) => `#${node}`).join(' ')}: ${text}`)),
        ),
  );
