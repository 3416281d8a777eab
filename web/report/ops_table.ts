/** The table of ops: a button in each row chooses it. */
import type { ModelReport } from '../../src/report/model_report.js';
import { html, section } from './dom.js';
import { count, kib, macs, percent, time } from './numbers.js';
import { type Op, opOfNode, type Selection } from './selection.js';

export const opTitle = ({ nodes, op }: Op): string => {
  const [first] = nodes;
  const names = op.split('+');
  const short = names.length > 3 ? `${names.slice(0, 2).join('+')}+${names.length - 2} more` : op;
  return first === undefined ? op : `#${first} ${short}`;
};

const mark = (target: Op['target']): HTMLElement =>
  html('span', { class: `mark ${target}` }, target === 'host' ? 'host' : target.toUpperCase());

const heads = [
  'op',
  'on',
  'MACs',
  'tasks',
  'in KiB',
  'weights KiB',
  'out KiB',
  'cycles',
  'time',
  'share',
  'bound',
  'utilisation',
];

const number = (text: string): HTMLElement => html('td', { class: 'number' }, text);

/** @param other null: nothing to compare with; its time of the same node stands beside */
export const opsTable = (report: ModelReport, other: ModelReport | null, selection: Selection): HTMLElement => {
  const rows = report.ops.map((op) => {
    const button = html('button', { type: 'button', click: () => selection.choose(op) }, opTitle(op));
    const [first] = op.nodes;
    const its = other === null || first === undefined ? undefined : opOfNode(other, first);
    const row = html(
      'tr',
      { ...(op.why === null ? {} : { title: op.why }) },
      html('th', { scope: 'row' }, button),
      html('td', {}, mark(op.target)),
      number(macs(op.macs)),
      number(op.tasks === 0 ? '' : count(op.tasks)),
      number(kib(op.bytes.input)),
      number(kib(op.bytes.weights + op.bytes.operands)),
      number(kib(op.bytes.output)),
      number(op.cycles === 0 ? '' : count(op.cycles)),
      number(time(op.microseconds)),
      number(percent(op.share)),
      html('td', {}, op.bound),
      number(op.utilisation === null ? '' : percent(op.utilisation)),
      ...(other === null ? [] : [number(its === undefined ? '' : time(its.microseconds))]),
    );
    selection.watch((chosen) => {
      button.setAttribute('aria-pressed', String(chosen === op));
      row.classList.toggle('chosen', chosen === op);
    });
    return row;
  });
  const all = [...heads, ...(other === null ? [] : ['time of the other'])];
  return section(
    'Ops',
    html(
      'div',
      { class: 'scrolls tall', tabindex: 0 },
      html(
        'table',
        { id: 'ops' },
        html('caption', {}, 'What each op costs, and where it runs; choose one for its operands and tiles'),
        html('thead', {}, html('tr', {}, ...all.map((head) => html('th', { scope: 'col' }, head)))),
        html('tbody', {}, ...rows),
      ),
    ),
  );
};
