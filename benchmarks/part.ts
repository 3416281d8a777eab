/** A part of the benchmarks: what it compares, and how. */
import type { Row } from './figures.js';

export interface Column {
  readonly key: string;
  readonly title: string;
}

/** A column of one row over that of another; both of one case. */
export interface Ratio {
  readonly title: string;
  readonly column: string;
  readonly over: string;
  readonly under: string;
}

export interface Settings {
  readonly isQuick: boolean;
  /** What goes on. */
  readonly say: (text: string) => void;
}

/** @returns the rows of a case; @throws CannotSetUp with the reason why it cannot be had here */
export type Measure = (name: string) => Promise<readonly Row[]>;

export interface Part {
  readonly name: string;
  readonly title: string;
  /** What its figures are: paragraphs of the page. */
  readonly text: readonly string[];
  /** What a case is, as the head of its column. */
  readonly each: string;
  readonly columns: readonly Column[];
  readonly ratios: readonly Ratio[];
  readonly cases: readonly string[];
  /** Those of --quick. */
  readonly quickCases: readonly string[];
  /** What is measured by hand in place of it. */
  readonly byHand: readonly string[];
  /** @throws CannotSetUp with the reason why nothing of it can be had here */
  readonly open: (settings: Settings) => Promise<Measure>;
}
