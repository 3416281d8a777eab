/** The arena map: what stands at which bytes (down), while which operations run (across). */
import type { ModelReport } from '../../src/report/model_report.js';
import { drawing, html, section, svg } from './dom.js';
import { count, kib } from './numbers.js';

const [left, width, height] = [72, 1000, 220] as const;

type Part = ModelReport['parts'][number];

const mapOf = ({ memory: { operations, blocks } }: Part, name: 'arena' | 'io', title: string): HTMLElement[] => {
  const own = blocks.filter(({ memory }) => memory === name);
  const end = Math.max(...own.map(({ offset, bytes }) => offset + bytes), 0);
  if (end === 0) return [];
  const across = (position: number): number => left + (width * (position + 1)) / (operations + 2);
  const down = (offset: number): number => (height * offset) / end;
  const shapes = own.map(({ offset, bytes, from, to, tensors }, i) =>
    svg(
      'rect',
      {
        class: `block shade${i % 4}`,
        x: across(from),
        y: down(offset),
        width: Math.max(1, across(to + 1) - across(from)),
        height: Math.max(1, down(bytes)),
      },
      svg(
        'title',
        {},
        `${tensors.join(', ') || 'inside of an op'}: ${count(bytes)} bytes at ${count(offset)}, operations ${from} to ${to}`,
      ),
    ),
  );
  const ticks = [0, 0.5, 1].map((share) =>
    svg('text', { class: 'tick', x: 0, y: 12 + (height - 12) * share }, `${kib(end * share) || '0'} KiB`),
  );
  return [html('figure', {}, html('figcaption', {}, title), drawing(title, left + width, height, ...ticks, ...shapes))];
};

export const memory = (report: ModelReport): HTMLElement =>
  section(
    'Memory over time',
    ...report.parts.flatMap((part, i) => [
      ...mapOf(part, 'arena', `Part ${i}, the arena, over its ${count(part.memory.operations)} operations`),
      ...mapOf(part, 'io', `Part ${i}, memory that the host shares`),
    ]),
  );
