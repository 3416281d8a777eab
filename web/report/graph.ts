/** The model's graph: nodes by their distance from the inputs, in colours and words for where they run. */
import type { ModelReport, ReportNode } from '../../src/report/model_report.js';
import { drawing, html, section, svg } from './dom.js';
import { chooses, opOfNode, type Selection } from './selection.js';

const [boxWidth, boxHeight, gapX, gapY, border] = [168, 24, 24, 16, 8] as const;

interface Placed {
  readonly node: ReportNode;
  readonly x: number;
  readonly y: number;
}

const place = (nodes: readonly ReportNode[]): ReadonlyMap<number, Placed> => {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((tensor) => [tensor, node.node] as const)));
  const placed = new Map<number, Placed>();
  const layers: number[] = [];
  const depths = new Map<number, number>();
  for (const node of nodes) {
    const before = node.inputs.map((tensor) => depths.get(makers.get(tensor) ?? -1) ?? -1);
    const depth = Math.max(-1, ...before) + 1;
    const column = layers[depth] ?? 0;
    layers[depth] = column + 1;
    depths.set(node.node, depth);
    placed.set(node.node, { node, x: border + column * (boxWidth + gapX), y: border + depth * (boxHeight + gapY) });
  }
  return placed;
};

const edges = (placed: ReadonlyMap<number, Placed>): readonly SVGElement[] => {
  const makers = new Map(
    [...placed.values()].flatMap((one) => one.node.outputs.map((tensor) => [tensor, one] as const)),
  );
  return [...placed.values()].flatMap((to) =>
    [...new Set(to.node.inputs.flatMap((tensor) => makers.get(tensor) ?? []))].map((from) => {
      const [x0, y0, x1, y1] = [from.x + boxWidth / 2, from.y + boxHeight, to.x + boxWidth / 2, to.y];
      const isNext = y1 - y0 <= gapY;
      // An edge past other nodes goes around them.
      const aside = from.x + boxWidth + gapX / 2;
      const path = isNext
        ? `M${x0} ${y0}L${x1} ${y1}`
        : `M${x0} ${y0}C${aside} ${y0 + gapY},${aside} ${y0 + gapY},${aside} ${(y0 + y1) / 2}S${aside} ${y1 - gapY},${x1} ${y1}`;
      return svg('path', { class: 'edge', d: path });
    }),
  );
};

const words = { npu: 'NPU', host: 'host', cpu: 'CPU' } as const;

export const graph = (report: ModelReport, selection: Selection): HTMLElement => {
  const placed = place(report.nodes);
  const all = [...placed.values()];
  const boxes = all.map(({ node, x, y }, position) => {
    const { op, target, rule, text } = node;
    const label = `#${node.node} ${op} on the ${words[target]}${rule === null ? '' : `: ${rule}: ${text ?? ''}`}`;
    const own = opOfNode(report, node.node);
    const box = svg(
      'g',
      {
        class: `node ${target}`,
        transform: `translate(${x} ${y})`,
        role: 'button',
        tabindex: position === 0 ? 0 : -1,
        'aria-label': label,
        ...chooses(() => own !== undefined && selection.choose(own)),
      },
      svg('title', {}, label),
      svg('rect', { width: boxWidth, height: boxHeight, rx: 4 }),
      svg('text', { x: 8, y: 16 }, `#${node.node} ${op.slice(0, 17)}`),
    );
    selection.watch((chosen) => {
      box.classList.toggle('chosen', chosen !== null && chosen === own);
      box.setAttribute('aria-pressed', String(chosen !== null && chosen === own));
    });
    return box;
  });
  // One stop for Tab; arrows go from node to node.
  const move = (event: Event): void => {
    if (!(event instanceof KeyboardEvent)) return;
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const at = boxes.findIndex((box) => box === document.activeElement);
    const next = boxes[at + (step ?? 0)];
    if (step === undefined || at === -1 || next === undefined) return;
    event.preventDefault();
    for (const box of boxes) box.setAttribute('tabindex', box === next ? '0' : '-1');
    next.focus();
  };
  const width = Math.max(...all.map(({ x }) => x), 0) + boxWidth + gapX + border;
  const height = Math.max(...all.map(({ y }) => y), 0) + boxHeight + border;
  const picture = drawing('Graph of the model', width, height, ...edges(placed), ...boxes);
  picture.classList.add('tall');
  picture.addEventListener('keydown', move);
  const legend = html(
    'p',
    { class: 'legend' },
    ...(['npu', 'host', 'cpu'] as const).map((target) => html('span', { class: `mark ${target}` }, words[target])),
  );
  return section('Graph', legend, picture);
};
