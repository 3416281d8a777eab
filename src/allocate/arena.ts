/** Live ranges to addresses: one arena for all feature maps of a part. */
import { alignUp } from '../layout/cube.js';
import type { Spot } from '../place/spots.js';

export interface Lifetime {
  readonly tensor: number;
  readonly bytes: number;
  /** Positions of the first and the last operation that need the tensor; inputs start at -1, outputs end after the last. */
  readonly from: number;
  readonly to: number;
}

export interface Arena {
  readonly bytes: number;
  readonly offsets: ReadonlyMap<number, number>;
}

/** Bursts start at 64 bytes. */
const alignment = 64;

/** First fit, the largest tensor first. Deterministic. */
export const allocateArena = (lifetimes: readonly Lifetime[]): Arena => {
  const placed: { readonly offset: number; readonly lifetime: Lifetime }[] = [];
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.from - b.from || a.tensor - b.tensor);
  for (const lifetime of bySize) {
    const rivals = placed
      .filter((other) => other.lifetime.from <= lifetime.to && lifetime.from <= other.lifetime.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const rival of rivals) {
      if (offset + lifetime.bytes <= rival.offset) break;
      offset = Math.max(offset, alignUp(rival.offset + rival.lifetime.bytes, alignment));
    }
    placed.push({ offset, lifetime });
  }
  return {
    bytes: placed.reduce((end, { offset, lifetime }) => Math.max(end, offset + lifetime.bytes), 0),
    offsets: new Map(placed.map(({ offset, lifetime }) => [lifetime.tensor, offset])),
  };
};

/** The same arena with the offset of every tensor, not only of the memories. */
export const withTensors = ({ bytes, offsets }: Arena, spots: ReadonlyMap<number, Spot>): Arena => ({
  bytes,
  offsets: new Map([...spots].map(([tensor, { root, offset }]) => [tensor, (offsets.get(root) ?? 0) + offset])),
});
