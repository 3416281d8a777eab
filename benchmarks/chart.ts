/** The chart of the README: bars of what was measured in the same run. SVG without scripts, legible on light and dark pages. */
import { numberOf, numberText, type Results } from './figures.js';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly isOurs: boolean;
}

interface Group {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Panel {
  readonly title: string;
  readonly groups: readonly Group[];
}

const [width, left, right, barHeight, gap] = [760, 210, 80, 13, 10] as const;
const colours = { ours: '#2f81f7', others: '#8b949e', text: '#7d8590' } as const;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more}>${escaped(content)}</text>`;

const barLines = ({ label, value, isOurs }: Bar, y: number, most: number): readonly string[] => {
  const length = Math.max(1, Math.round(((width - left - right) * value) / most));
  return [
    text(left - 8, y + barHeight - 3, label, ' text-anchor="end"'),
    `<rect x="${left}" y="${y}" width="${length}" height="${barHeight - 2}" rx="2" fill="${isOurs ? colours.ours : colours.others}"/>`,
    text(left + length + 6, y + barHeight - 3, numberText(value)),
  ];
};

/** @returns '' where nothing was measured */
export const chartOf = (panels: readonly Panel[]): string => {
  const lines: string[] = [];
  let y = 8;
  for (const { title, groups } of panels) {
    if (groups.length === 0) continue;
    const most = Math.max(...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
    lines.push(text(0, (y += 16), title, ' font-weight="bold" font-size="13"'));
    y += 8;
    for (const group of groups) {
      lines.push(text(0, y + barHeight - 3, group.title));
      for (const bar of group.bars) {
        lines.push(...barLines(bar, y, most));
        y += barHeight;
      }
      y += gap;
    }
    y += gap;
  }
  if (lines.length === 0) return '';
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img"`;
  const font = 'font-family="system-ui, sans-serif" font-size="11"';
  return [`${head} ${font} fill="${colours.text}">`, ...lines, '</svg>', ''].join('\n');
};

interface Shown {
  readonly who: string;
  readonly label: string;
}

const panelOf = (title: string, { cases }: Results, column: string, shown: readonly Shown[], ours: string): Panel => ({
  title,
  groups: cases.flatMap((one): readonly Group[] => {
    const bars = shown.flatMap(({ who, label }): readonly Bar[] => {
      const value = numberOf(one.rows.find((row) => row.who === who)?.figures[column]);
      return value === null ? [] : [{ label, value, isOurs: who.startsWith(ours) }];
    });
    return bars.length < 2 ? [] : [{ title: one.name, bars }];
  }),
});

/** @param results by part */
export const panelsOf = (results: (part: string) => Results): readonly Panel[] => [
  panelOf(
    'CPU time of an invoke around the NPU, ms (qemu-user, a device that computes nothing)',
    results('emulated'),
    'invoke',
    [
      { who: 'libteflon, rocket', label: 'libteflon, rocket' },
      { who: 'libteflon, Vivante A311D', label: 'libteflon, Vivante' },
      { who: 'ptfe, cache', label: 'ptfe' },
    ],
    'ptfe',
  ),
  panelOf(
    'Time of the NPU at 1 GHz without dispatch, ms (calculated)',
    results('programs'),
    'alone',
    [
      { who: 'bound', label: 'bound' },
      { who: "vendor's compiler", label: "vendor's compiler" },
      { who: 'Mesa, recorded', label: 'Mesa' },
      { who: 'ptfe', label: 'ptfe' },
    ],
    'ptfe',
  ),
];
