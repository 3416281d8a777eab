/** Results as tables: of text for a terminal, of Markdown for the page. */
import { type Case, figureText, numberOf, numberText } from './figures.js';
import type { Part, Ratio } from './part.js';

export type Cells = readonly string[];

const ofCase = ({ columns }: Part, { name, rows, skipped }: Case): readonly Cells[] =>
  skipped !== null
    ? [[name, `skipped: ${skipped}`, ...columns.map(() => '')]]
    : rows.map(({ who, figures }, i) => [
        i === 0 ? name : '',
        who,
        ...columns.map(({ key }) => figureText(figures[key])),
      ]);

/** Columns that no row has a figure for are left out. */
export const figureRows = (part: Part, cases: readonly Case[]): readonly Cells[] => {
  const all = [
    [part.each, 'by', ...part.columns.map(({ title }) => title)],
    ...cases.flatMap((one) => ofCase(part, one)),
  ];
  const isUsed = all[0]?.map((_, column) => column < 2 || all.slice(1).some((row) => (row[column] ?? '') !== '')) ?? [];
  return all.map((row) => row.filter((_, column) => isUsed[column] === true));
};

/** null where one of the two was not measured. */
export const ratioOf = ({ column, over, under }: Ratio, { rows }: Case): number | null => {
  const of = (who: string): number | null => numberOf(rows.find((row) => row.who === who)?.figures[column]);
  const [above, below] = [of(over), of(under)];
  return above === null || below === null || below <= 0 ? null : above / below;
};

export const ratioRows = ({ each, ratios }: Part, cases: readonly Case[]): readonly Cells[] => {
  const measured = cases.filter((one) => ratios.some((ratio) => ratioOf(ratio, one) !== null));
  if (measured.length === 0) return [];
  const cell = (ratio: number | null): string => (ratio === null ? '' : `${numberText(ratio)}x`);
  return [
    [each, ...ratios.map(({ title }) => title)],
    ...measured.map((one) => [one.name, ...ratios.map((ratio) => cell(ratioOf(ratio, one)))]),
  ];
};

const isNumber = (cell: string): boolean => /^-?\d/.test(cell);

export const plainTable = (rows: readonly Cells[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return isNumber(cell) ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
};

export const markdownTable = ([head = [], ...rows]: readonly Cells[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
