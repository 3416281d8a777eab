/** When tasks run, by core, and the host between them. */
import type { ModelReport } from '../../src/report/model_report.js';
import { drawing, html, section, svg } from './dom.js';
import { plural, time } from './numbers.js';
import { type Op, opOfNode, type Selection } from './selection.js';

const [left, laneHeight, gap, width] = [64, 28, 6, 1000] as const;

type Part = ModelReport['parts'][number];

const laneName = (core: number | null): string => (core === null ? 'host' : `core ${core}`);

const partDrawing = (report: ModelReport, part: Part, number: number, selection: Selection): HTMLElement => {
  const cores = [...new Set(part.timeline.map(({ core }) => core))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  const total = Math.max(...part.timeline.map(({ start, duration }) => start + duration), 1);
  const shapes = part.timeline.map((task) => {
    const own: Op | undefined = task.nodes[0] === undefined ? undefined : opOfNode(report, task.nodes[0]);
    const title =
      own === undefined ? task.what : `${task.nodes.map((node) => `#${node}`).join('+')} ${own.op}, ${task.what}`;
    const rect = svg(
      'rect',
      {
        class: `span ${task.what === 'task' || task.what === 'stage' ? 'npu' : task.what === 'table' ? 'table' : 'host'}`,
        x: left + (width * task.start) / total,
        y: cores.indexOf(task.core) * (laneHeight + gap),
        width: Math.max(0.5, (width * task.duration) / total),
        height: laneHeight,
        click: () => own !== undefined && selection.choose(own),
      },
      svg('title', {}, `${title}: ${time(task.duration)} from ${time(task.start)}`),
    );
    selection.watch((chosen) => rect.classList.toggle('chosen', chosen !== null && chosen === own));
    return rect;
  });
  const lanes = cores.map((core, i) =>
    svg('text', { x: 0, y: i * (laneHeight + gap) + laneHeight / 2 + 4 }, laneName(core)),
  );
  const bottom = cores.length * (laneHeight + gap) + 14;
  const ticks = Array.from({ length: 6 }, (_, i) =>
    svg(
      'text',
      { class: 'tick', x: left + (width * i) / 5, y: bottom, 'text-anchor': i === 0 ? 'start' : 'end' },
      time((total * i) / 5),
    ),
  );
  const label = `Part ${number}: ${plural(part.tasks, 'task')} in ${plural(part.jobs, 'job')}, ${time(part.total)}`;
  return html(
    'figure',
    {},
    html('figcaption', {}, label),
    drawing(label, left + width, bottom + 6, ...lanes, ...shapes, ...ticks),
  );
};

export const timeline = (report: ModelReport, selection: Selection): HTMLElement =>
  section('Timeline', ...report.parts.map((part, i) => partDrawing(report, part, i, selection)));
