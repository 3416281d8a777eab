/** Reports of models in an element of a page. */
import type { ModelReport } from '../../src/report/model_report.js';
import { details } from './details.js';
import { html } from './dom.js';
import { graph } from './graph.js';
import { memory } from './memory.js';
import { opsTable } from './ops_table.js';
import { newSelection } from './selection.js';
import { advice, summary, titleOf } from './summary.js';
import { timeline } from './timeline.js';

const one = (report: ModelReport, other: ModelReport | null): readonly HTMLElement[] => {
  const selection = newSelection();
  const shown = [
    summary(report, other),
    advice(report),
    html('div', { class: 'columns' }, graph(report, selection), details(report, selection)),
    opsTable(report, other, selection),
    timeline(report, selection),
    memory(report),
  ];
  const [first] = report.ops;
  if (first !== undefined) selection.choose(first);
  return shown;
};

const picker = (
  label: string,
  names: readonly string[],
  chosen: number,
  changed: (value: number) => void,
): HTMLElement => {
  const select = html(
    'select',
    {},
    ...names.map((name, i) => html('option', { value: i, selected: i === chosen }, name)),
  );
  select.addEventListener('change', () => changed(Number(select.value)));
  return html('label', {}, `${label} `, select);
};

/** With several, one is looked at, and another one beside it where somebody wants that. */
export const renderReports = (into: HTMLElement, reports: readonly ModelReport[]): void => {
  const body = html('div');
  let [shown, beside] = [0, reports.length > 1 ? 1 : -1];
  const draw = (): void => {
    const report = reports[shown];
    if (report !== undefined) body.replaceChildren(...one(report, reports[beside] ?? null));
  };
  const names = reports.map(titleOf);
  const pickers =
    reports.length < 2
      ? []
      : [
          picker('Report of', names, shown, (value) => ((shown = value), draw())),
          picker('beside', ['nothing', ...names], beside + 1, (value) => ((beside = value - 1), draw())),
        ];
  draw();
  into.replaceChildren(html('div', { class: 'pickers' }, ...pickers), body);
};
