/**
 * A run of operations for some rows of its results: from the last operation back to the first, which rows of each memory it
 * needs. Rows that two strips need both calculate.
 */
import { Spare } from '../ir/build/arrange.js';
import { type Operation, operandsOf } from '../ir/operation.js';
import type { Position, TensorId } from '../hardware/units.js';
import { cutToRows, hull, rowCount, type Rows, rowsRead } from './rows.js';
import { isDeclaration, type Survey } from './survey.js';

/** What of each result of the run is this strip's: from a share of its rows to another. */
export type Share = readonly [number, number];

export const shareOf = (height: number, [from, to]: Share): Rows => [
  Math.round(height * from),
  Math.round(height * to),
];

export interface Walked {
  readonly position: Position;
  /** Of the result; null: this strip does not need it. */
  readonly rows: Rows | null;
}

/** Walks back from the end of a run. */
export class StripWalk {
  readonly #survey: Survey;
  readonly #end: Position;
  readonly #share: Share;
  readonly #needed = new Map<TensorId, Rows>();
  readonly #wanted: ReadonlySet<TensorId>;

  constructor(survey: Survey, end: Position, share: Share) {
    this.#survey = survey;
    this.#end = end;
    this.#share = share;
    this.#wanted = new Set(survey.ends.outputs.map(survey.rootOf));
  }

  /** Rows of a memory that the strip has, if it has any. */
  get needed(): ReadonlyMap<TensorId, Rows> {
    return this.#needed;
  }

  /** Rows of a result of the run that are this strip's to give. */
  own(root: TensorId): Rows {
    return shareOf(this.#survey.planeOf(root)[0], this.#share);
  }

  /** The operation before those that were walked. @returns null where it cannot be cut by rows */
  step(position: Position): Walked | null {
    const { operations, rootOf, readers, uneven, constants } = this.#survey;
    const one = operations[position];
    if (one === undefined) return null;
    if (isDeclaration(one)) return { position, rows: null };
    const root = rootOf(one.output);
    const touched = [root, ...operandsOf(one).map(rootOf)];
    if (touched.some((memory) => uneven.has(memory))) return null;
    const isGiven = this.#wanted.has(root) || (readers.get(root) ?? []).some((reader) => reader >= this.#end);
    if (isGiven) this.#need(root, this.own(root));
    if (one.kind === 'unpool') this.#align(root);
    const rows = this.#needed.get(root);
    if (rows === undefined) return { position, rows: null };
    const reads = rowsRead(this.#survey, one, rows);
    if (reads === null) return null;
    for (const read of reads) {
      const memory = rootOf(read.tensor);
      if (memory !== root) this.#need(memory, read.rows);
      else if (read.rows[0] !== rows[0] || read.rows[1] !== rows[1]) return null;
      if (constants.has(memory) && this.#survey.planeOf(memory)[0] < read.rows[1]) return null;
    }
    return { position, rows };
  }

  #need(root: TensorId, rows: Rows): void {
    if (rowCount(rows) > 0) this.#needed.set(root, hull(this.#needed.get(root), rows));
  }

  /** Rows come in pairs. */
  #align(root: TensorId): void {
    const rows = this.#needed.get(root);
    if (rows !== undefined) this.#needed.set(root, [rows[0] - (rows[0] % 2), rows[1] + (rows[1] % 2)]);
  }
}

export interface Strip {
  readonly operations: readonly Operation[];
  /** Rows of each memory that it has. */
  readonly needed: ReadonlyMap<TensorId, Rows>;
  /** Rows of results of the run that are this strip's. */
  readonly own: (root: TensorId) => Rows;
}

/** @returns null where the run cannot be cut by rows, or the strip is nothing */
export const stripOf = (survey: Survey, from: Position, to: Position, share: Share): Strip | null => {
  const walk = new StripWalk(survey, to, share);
  const needed = new Set<Position>();
  for (let position = to - 1; position >= from; position--) {
    const walked = walk.step(position);
    if (walked === null) return null;
    if (walked.rows !== null) needed.add(position);
  }
  if (needed.size === 0) return null;
  const rowsOf = (tensor: TensorId): Rows => {
    const rows = walk.needed.get(survey.rootOf(tensor));
    if (rows === undefined) throw new Error(`tensor ${tensor} is no part of the strip`);
    return rows;
  };
  const spare = new Spare(survey.spare);
  const declared = declarationsOf(survey, [...needed]);
  const operations = survey.operations.flatMap((one, position) =>
    needed.has(position) || declared.has(position) ? cutToRows(survey, rowsOf, one, spare) : [],
  );
  return { operations, needed: walk.needed, own: (root) => walk.own(root) };
};

/**
 * Views and constants on which some operations stand, by position. Memory of its own is not among them where another run
 * writes it: it is an input then.
 */
export const declarationsOf = (survey: Survey, positions: readonly Position[]): ReadonlySet<Position> => {
  const { operations, rootOf, writers, constants } = survey;
  const running = new Set(positions);
  const wanted = new Set<TensorId>();
  const want = (tensor: TensorId): void => {
    wanted.add(tensor);
    const whole = survey.views.get(tensor)?.whole ?? null;
    if (whole !== null) want(whole);
  };
  for (const position of positions) {
    const one = operations[position];
    if (one === undefined) continue;
    for (const tensor of [one.output, ...operandsOf(one)]) want(tensor);
  }
  const isOwn = (root: TensorId): boolean =>
    constants.has(root) || (writers.get(root) ?? []).some((position) => running.has(position));
  return new Set(
    [...operations.entries()].flatMap(([position, one]) =>
      isDeclaration(one) && wanted.has(one.output) && (one.output !== rootOf(one.output) || isOwn(one.output))
        ? [position]
        : [],
    ),
  );
};
