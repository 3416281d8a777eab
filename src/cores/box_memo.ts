/** What was found for boxes of the results of operations: the search asks for each many times, and a key of text takes longer. */
import type { Position } from '../hardware/units.js';
import type { Box, Range } from './box.js';

/** More than a range reaches to. */
const unit = 2 ** 24;

const keyOf = ([from, to]: Range): number => from * unit + to;

export class BoxMemo<T> {
  readonly #known = new Map<Position, Map<number, Map<number, T>>>();

  /** @param box null: all of the result */
  get(position: Position, box: Box | null, find: () => T): T {
    const rows = this.#known.get(position) ?? new Map<number, Map<number, T>>();
    this.#known.set(position, rows);
    const [row, channel] = box === null ? [-1, -1] : [keyOf(box.rows), keyOf(box.channels)];
    const channels = rows.get(row) ?? new Map<number, T>();
    rows.set(row, channels);
    const known = channels.get(channel);
    if (known !== undefined) return known;
    const found = find();
    channels.set(channel, found);
    return found;
  }
}
