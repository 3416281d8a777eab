/** Columns of text, as wide as their widest cell, and no wider than the terminal. */
import { at } from '../in_range.js';

export interface Column {
  readonly head: string;
  /** To the left; numbers stand to the right. */
  readonly isText?: boolean;
  /** Of several that do not fit, the one with the highest rank is left out first; 0 (default) stays. */
  readonly rank?: number;
}

export interface TextTable {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
}

const gap = 2;
const leastText = 20;

const pick = ({ columns, rows }: TextTable, keep: (column: Column) => boolean): TextTable => {
  const kept = columns.flatMap((column, i) => (keep(column) ? [i] : []));
  return {
    columns: kept.flatMap((i) => columns[i] ?? []),
    rows: rows.map((row) => kept.map((i) => row[i] ?? '')),
  };
};

const widthsOf = ({ columns, rows }: TextTable): readonly number[] =>
  columns.map(({ head }, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));

const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap);

/** Words of a text in lines of at most so many characters; a longer word has a line of its own. */
export const wrapped = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};

/** A first line, and what is too long for it indented below. */
export const hanging = (start: string, text: string, width: number): readonly string[] => {
  const room = width - start.length;
  if (room < leastText) return wrapped(start + text, width);
  const [first = '', ...more] = wrapped(text, room);
  return [`${start}${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(start.length)}${line}`)];
};

/** Without columns that do not fit; the last one, if it is a text, is wrapped. */
const fitting = (table: TextTable, width: number): TextTable => {
  const isLastText = table.columns.at(-1)?.isText === true;
  const need = (one: TextTable): number => {
    const widths = widthsOf(one);
    return isLastText
      ? total([...widths.slice(0, -1), ...widths.slice(-1).map((own) => Math.min(own, leastText))])
      : total(widths);
  };
  let fitted = table;
  while (need(fitted) > width) {
    const worst = Math.max(0, ...fitted.columns.map(({ rank = 0 }) => rank));
    if (worst === 0) return fitted;
    fitted = pick(fitted, ({ rank = 0 }) => rank < worst);
  }
  return fitted;
};

/** @param width Infinity where the text goes into a file or a pipe: nothing is left out or wrapped */
export const tableText = (table: TextTable, width: number): readonly string[] => {
  const { columns, rows } = fitting(table, width);
  const widths = widthsOf({ columns, rows });
  return [columns.map(({ head }) => head), ...rows].flatMap((row) => {
    const cells = row.map((cell, i) =>
      columns[i]?.isText === true ? cell.padEnd(at(widths, i)) : cell.padStart(at(widths, i)),
    );
    const last = columns.length - 1;
    const line = cells.join(' '.repeat(gap)).trimEnd();
    if (line.length <= width || columns[last]?.isText !== true) return [line];
    const start = `${cells.slice(0, last).join(' '.repeat(gap))}${' '.repeat(gap)}`;
    return hanging(start, row[last] ?? '', width);
  });
};
