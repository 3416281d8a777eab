/**
 * A run of operations for some rows, or some channels, of its results: from the last operation back to the first, what it needs
 * of each memory. What two cores need both calculate.
 */
import { FreshIds } from '../ir/build/arrange.js';
import { type ConvOperation, type Operation, operandsOf } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import type { Position, TensorId } from '../hardware/units.js';
import { type Box, hull, isEmpty, isSameBox, type Range, wholeBox } from './box.js';
import { boxesRead, cutOperation } from './cut.js';
import { isDeclaration, type Survey } from './survey.js';

/** How the results of a run are shared out. */
export type Axis = 'rows' | 'channels';

/** What of each result is a core's: from a share of its length to another. */
export type Share = readonly [number, number];

/** Kernels of a weight group: a core begins with a whole one. */
const channelUnit = 32;

const rangeOf = (length: number, unit: number, [from, to]: Share): Range => {
  const at = (share: number): number => Math.min(length, Math.round((length * share) / unit) * unit);
  return [at(from), to === 1 ? length : at(to)];
};

export const ownBox = (survey: Survey, root: TensorId, axis: Axis, share: Share): Box => {
  const plane = survey.planeOf(root);
  const whole = wholeBox(plane);
  return axis === 'rows'
    ? { ...whole, rows: rangeOf(plane[0], 1, share) }
    : { ...whole, channels: rangeOf(plane[2], channelUnit, share) };
};

export interface Walked {
  readonly position: Position;
  /** Of the result; null: this core does not need it. */
  readonly box: Box | null;
}

/** Walks back from the end of a run. */
export class StripWalk {
  readonly #survey: Survey;
  readonly #end: Position;
  readonly #axis: Axis;
  readonly #share: Share;
  readonly #needed = new Map<TensorId, Box>();
  readonly #wanted: ReadonlySet<TensorId>;
  readonly #uneven: ReadonlySet<TensorId>;

  constructor(survey: Survey, end: Position, axis: Axis, share: Share) {
    this.#survey = survey;
    this.#end = end;
    this.#axis = axis;
    this.#share = share;
    this.#wanted = new Set(survey.ends.outputs.map(survey.rootOf));
    this.#uneven = axis === 'rows' ? survey.uneven : survey.unevenChannels;
  }

  /** What the core has of each memory. */
  get needed(): ReadonlyMap<TensorId, Box> {
    return this.#needed;
  }

  /** The operation before those that were walked. @returns null where it cannot be cut */
  step(position: Position): Walked | null {
    const { operations, rootOf, readers } = this.#survey;
    const one = operations[position];
    if (one === undefined) return null;
    if (isDeclaration(one)) return { position, box: null };
    const root = rootOf(one.output);
    const touched = [root, ...operandsOf(one).map(rootOf)];
    if (touched.some((memory) => this.#uneven.has(memory))) return null;
    const isGiven = this.#wanted.has(root) || (readers.get(root) ?? []).some((reader) => reader >= this.#end);
    if (isGiven) this.#need(root, ownBox(this.#survey, root, this.#axis, this.#share));
    if (one.kind === 'unpool') this.#align(root);
    const needed = this.#needed.get(root);
    if (needed === undefined) return { position, box: null };
    const box = this.#boxOf(one.output, needed);
    const reads = boxesRead(this.#survey, one, box);
    if (reads === null) return null;
    for (const read of reads) {
      const memory = rootOf(read.tensor);
      if (memory !== root) this.#need(memory, this.#onRoot(read.tensor, read.box));
      else if (!isSameBox(read.box, box)) return null;
    }
    return { position, box };
  }

  /** Of a view: all of its channels, where those of its memory are all needed. */
  #boxOf(tensor: TensorId, root: Box): Box {
    return this.#axis === 'rows' ? { ...root, channels: [0, this.#survey.planeOf(tensor)[2]] } : root;
  }

  #onRoot(tensor: TensorId, box: Box): Box {
    const root = this.#survey.rootOf(tensor);
    return root === tensor ? box : { ...box, channels: [0, this.#survey.planeOf(root)[2]] };
  }

  #need(root: TensorId, box: Box): void {
    if (!isEmpty(box)) this.#needed.set(root, hull(this.#needed.get(root), box));
  }

  /** Rows come in pairs. */
  #align(root: TensorId): void {
    const box = this.#needed.get(root);
    if (box === undefined) return;
    const [from, to] = box.rows;
    this.#needed.set(root, { ...box, rows: [from - (from % 2), to + (to % 2)] });
  }
}

export interface Strip {
  readonly operations: readonly Operation[];
  /** What it has of each memory. */
  readonly needed: ReadonlyMap<TensorId, Box>;
}

/** @returns null where the run cannot be cut, or the strip is nothing */
export const stripOf = (
  survey: Survey,
  stagesOf: (one: ConvOperation) => Stages,
  [from, to]: readonly [Position, Position],
  axis: Axis,
  share: Share,
): Strip | null => {
  const walk = new StripWalk(survey, to, axis, share);
  const needed = new Set<Position>();
  for (let position = to - 1; position >= from; position--) {
    const walked = walk.step(position);
    if (walked === null) return null;
    if (walked.box !== null) needed.add(position);
  }
  if (needed.size === 0) return null;
  const boxOf = (tensor: TensorId): Box => {
    const box = walk.needed.get(survey.rootOf(tensor));
    if (box === undefined) throw new Error(`tensor ${tensor} is no part of the strip`);
    return axis === 'rows' ? { ...box, channels: [0, survey.planeOf(tensor)[2]] } : box;
  };
  const fresh = new FreshIds(survey.firstFresh);
  const declared = declarationsOf(survey, [...needed]);
  const cutting = { survey, boxOf, stagesOf, fresh };
  const operations = survey.operations.flatMap((one, position) =>
    needed.has(position) || declared.has(position) ? cutOperation(cutting, one) : [],
  );
  return { operations, needed: walk.needed };
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
