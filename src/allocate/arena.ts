/** Live ranges to addresses: one memory for the feature maps of a partition, one for those that the host reads or writes. */
import { alignUp } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { Spot } from '../place/spots.js';
import type { Bytes, Position, TensorId } from '../hardware/units.js';

/** `io` is what the host touches: the kernel driver syncs a whole BO with the CPU's caches, so it is small and apart. */
export const memoryNames = ['arena', 'io'] as const;
export type MemoryName = (typeof memoryNames)[number];

export interface Lifetime {
  readonly tensor: TensorId;
  readonly bytes: Bytes;
  /** Positions of the first and the last operation that need the tensor; inputs start at -1, outputs end after the last. */
  readonly from: Position;
  readonly to: Position;
  readonly memory: MemoryName;
}

export interface Place {
  readonly memory: MemoryName;
  readonly offset: Bytes;
}

export interface Arena {
  readonly bytes: Readonly<Record<MemoryName, Bytes>>;
  readonly places: ReadonlyMap<TensorId, Place>;
}

/** First fit, the largest tensor first. Deterministic. */
const allocate = ({ memory }: Chip, lifetimes: readonly Lifetime[]) => {
  const placed: { readonly offset: Bytes; readonly lifetime: Lifetime }[] = [];
  const bySize = [...lifetimes].sort((a, b) => b.bytes - a.bytes || a.from - b.from || a.tensor - b.tensor);
  for (const lifetime of bySize) {
    const rivals = placed
      .filter((other) => other.lifetime.from <= lifetime.to && lifetime.from <= other.lifetime.to)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const rival of rivals) {
      if (offset + lifetime.bytes <= rival.offset) break;
      offset = Math.max(offset, alignUp(rival.offset + rival.lifetime.bytes, memory.burstBytes));
    }
    placed.push({ offset, lifetime });
  }
  return placed;
};

export const allocateArena = (chip: Chip, lifetimes: readonly Lifetime[]): Arena => {
  const placed = allocate(
    chip,
    lifetimes.filter(({ memory }) => memory === 'arena'),
  );
  const shared = allocate(
    chip,
    lifetimes.filter(({ memory }) => memory === 'io'),
  );
  const end = (all: typeof placed): number =>
    all.reduce((most, { offset, lifetime }) => Math.max(most, offset + lifetime.bytes), 0);
  const places = [...placed, ...shared].map(
    ({ offset, lifetime: { tensor, memory } }) => [tensor, { memory, offset }] as const,
  );
  return { bytes: { arena: end(placed), io: end(shared) }, places: new Map(places) };
};

/** The same arena with the place of every tensor, not only of the memories. */
export const withTensors = ({ bytes, places }: Arena, spots: ReadonlyMap<TensorId, Spot>): Arena => ({
  bytes,
  places: new Map(
    [...spots].flatMap(([tensor, { root, offset }]) => {
      const place = places.get(root);
      return place === undefined ? [] : [[tensor, { ...place, offset: place.offset + offset }] as const];
    }),
  ),
});
