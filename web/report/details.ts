/** The chosen op: why it runs where it does, its operands, what it became, and how its tiles fill CBUF. */
import type { ModelReport, ReportTensor } from '../../src/report/model_report.js';
import { drawing, html, section, svg, table } from './dom.js';
import { count, kib, plural } from './numbers.js';
import { opTitle } from './ops_table.js';
import type { Op, Selection } from './selection.js';

const quantizationText = ({ scale, zeroPoint, scales }: ReportTensor): string =>
  scale === null
    ? ''
    : scales > 1
      ? `${scales} scales`
      : `scale ${Number(scale.toPrecision(6))}, zero-point ${zeroPoint ?? 0}`;

const operands = (report: ModelReport, op: Op): HTMLElement => {
  const nodes = report.nodes.filter(({ node }) => op.nodes.includes(node));
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const rows = [...new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]))].flatMap((tensor) => {
    const found = report.tensors.find((one) => one.tensor === tensor);
    if (found === undefined) return [];
    const kind = found.constant ? 'constant' : made.has(tensor) ? 'out' : 'in';
    return [[found.name || `tensor ${tensor}`, kind, found.type, found.shape.join('x'), quantizationText(found)]];
  });
  return html(
    'div',
    { class: 'scrolls wraps', tabindex: 0 },
    table('Operands', ['tensor', '', 'type', 'shape', 'quantization'], rows),
  );
};

const [bankWidth, tileHeight, left] = [24, 14, 150] as const;
const mostDrawn = 32;

const tiles = ({ machine: { cbuf } }: ModelReport, op: Op): HTMLElement[] => {
  const all = op.tiles.flatMap((tile) => (tile.banks === null ? [] : [{ ...tile, banks: tile.banks }]));
  if (all.length === 0) return [];
  const shapes = all.slice(0, mostDrawn).flatMap(({ rows, columns, channels, banks }, i) => {
    const y = i * (tileHeight + 4);
    const bank = (kind: string, from: number, length: number, title: string): SVGElement =>
      svg(
        'rect',
        { class: `bank ${kind}`, x: left + from * bankWidth, y, width: length * bankWidth, height: tileHeight },
        svg('title', {}, title),
      );
    return [
      svg('text', { x: 0, y: y + 11 }, `${rows}x${columns}x${channels}`),
      bank('free', 0, cbuf.banks, 'free'),
      bank('npu', 0, banks.data, plural(banks.data, 'bank of features', 'banks of features')),
      bank(
        'table',
        banks.data,
        banks.weights,
        `${plural(banks.weights, 'bank of weights', 'banks of weights')}${banks.kept ? ', kept from the tile before' : ''}`,
      ),
    ];
  });
  const more = all.length > mostDrawn ? `, the first ${mostDrawn} of ${count(all.length)}` : '';
  const label = `Tiles in CBUF, ${plural(cbuf.banks, 'bank')} of ${kib(cbuf.bankBytes)} KiB: features, then weights${more}`;
  const height = Math.min(all.length, mostDrawn) * (tileHeight + 4);
  return [
    html('figure', {}, html('figcaption', {}, label), drawing(label, left + cbuf.banks * bankWidth, height, ...shapes)),
  ];
};

const contents = (report: ModelReport, op: Op): readonly HTMLElement[] => [
  html('h3', {}, opTitle(op)),
  html(
    'p',
    {},
    op.why === null
      ? 'It runs on the NPU.'
      : `${op.target === 'cpu' ? 'It stays on the CPU' : 'It runs on the host'}: ${op.why}`,
  ),
  ...(op.nodes.length === 0 ? [] : [operands(report, op)]),
  ...(op.operations.length === 0 ? [] : [html('pre', { class: 'scrolls', tabindex: 0 }, op.operations.join('\n'))]),
  ...tiles(report, op),
];

export const details = (report: ModelReport, selection: Selection): HTMLElement => {
  const place = html('div', { id: 'chosen', 'aria-live': 'polite' });
  selection.watch((chosen) =>
    place.replaceChildren(
      ...(chosen === null
        ? [html('p', {}, 'Choose an op in the table, the graph or the timeline.')]
        : contents(report, chosen)),
    ),
  );
  return section('Chosen op', place);
};
