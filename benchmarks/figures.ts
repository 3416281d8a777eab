/** What is measured: rows of figures, in cases; and what stands around a case so that it can be judged and repeated. */

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/** null: this row has none. */
export type Figure = number | string | Spread | null;

/** One contender in a case. */
export interface Row {
  readonly who: string;
  readonly figures: Readonly<Record<string, Figure>>;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
}

/** All rows were measured in the same run: ratios between them may be stated. */
export interface Case {
  readonly name: string;
  readonly taken: string;
  /** Of the repository. */
  readonly commit: string;
  readonly machine: Machine;
  /** Processes that wanted a CPU, of one minute, before and after. */
  readonly load: readonly [number, number];
  readonly isQuick: boolean;
  /** Why there are no rows. */
  readonly skipped: string | null;
  readonly rows: readonly Row[];
}

export interface Results {
  readonly part: string;
  readonly cases: readonly Case[];
}

const middleOf = (sorted: readonly number[]): number => {
  const middle = sorted.length >> 1;
  const [below = NaN, above = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? above : (below + above) / 2;
};

/** @throws RangeError for no measurement */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined) throw new RangeError('nothing was measured');
  return { median: middleOf(sorted), least, most, count: sorted.length };
};

/** The one number of a figure; null for text. */
export const numberOf = (figure: Figure | undefined): number | null => {
  if (figure === undefined || figure === null || typeof figure === 'string') return null;
  return typeof figure === 'number' ? figure : figure.median;
};

/** Three digits that count. */
export const numberText = (value: number): string => {
  if (Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
};

export const figureText = (figure: Figure | undefined): string => {
  if (figure === undefined || figure === null) return '';
  if (typeof figure === 'string') return figure;
  if (typeof figure === 'number') return numberText(figure);
  const { median, least, most, count } = figure;
  return count === 1 ? numberText(median) : `${numberText(median)} (${numberText(least)}-${numberText(most)})`;
};
