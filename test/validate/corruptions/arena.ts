/** Live ranges and addresses that break the rules of `validate/arena_rules.ts`. */
import { type Corruption, of, replaced } from './corruption.js';

export const allocateCorruptions: readonly Corruption[] = [
  of('allocate', 'alive', 'a memory that ends before its last reader', ({ lifetimes, arena }) => {
    const at = lifetimes.findIndex(({ from, to }) => to > from);
    const lifetime = lifetimes[at];
    if (lifetime === undefined) return null;
    return { data: { arena, lifetimes: replaced(lifetimes, at, { ...lifetime, to: lifetime.from }) } };
  }),
  of('allocate', 'alive', 'a memory that is never alive', ({ lifetimes, arena }) => ({
    data: { arena, lifetimes: lifetimes.slice(1) },
  })),
  of(
    'allocate',
    'alive',
    'results that end with the last operation',
    ({ lifetimes, arena }, { placement, steps }, part) => {
      const roots = new Set(part.outputs.map((tensor) => placement.spots.get(tensor)?.root));
      const shorter = lifetimes.map((one) => (roots.has(one.tensor) ? { ...one, to: steps.length - 1 } : one));
      return { data: { arena, lifetimes: shorter } };
    },
  ),
  of('allocate', 'apart', 'two memories that are alive at a time in one place', ({ lifetimes, arena }) => {
    for (const one of lifetimes) {
      const other = lifetimes.find(
        (rival) =>
          rival.tensor !== one.tensor && rival.memory === one.memory && rival.from <= one.to && one.from <= rival.to,
      );
      const place = other === undefined ? undefined : arena.places.get(other.tensor);
      if (place === undefined) continue;
      const bytes = { arena: 2 * arena.bytes.arena, io: 2 * arena.bytes.io };
      return { data: { lifetimes, arena: { bytes, places: new Map(arena.places).set(one.tensor, place) } } };
    }
    return null;
  }),
  of('allocate', 'apart', 'a memory that begins inside a burst', ({ lifetimes, arena }) => {
    const [tensor, place] = [...arena.places].find(([one]) => lifetimes.some((life) => life.tensor === one)) ?? [];
    if (tensor === undefined || place === undefined) return null;
    const places = new Map(arena.places).set(tensor, { ...place, offset: place.offset + 16 });
    return { data: { lifetimes, arena: { ...arena, places } } };
  }),
  of('allocate', 'apart', 'an arena that is too small', ({ lifetimes, arena }) => ({
    data: { lifetimes, arena: { ...arena, bytes: { arena: 0, io: 0 } } },
  })),
  of('allocate', 'apart', 'a memory without a place', ({ lifetimes, arena }) => {
    const places = new Map(arena.places);
    places.delete(lifetimes[0]?.tensor ?? -1);
    return { data: { lifetimes, arena: { ...arena, places } } };
  }),
  of('allocate', 'sides', 'an input in the arena', ({ lifetimes, arena }, { placement }, part) => {
    const root = placement.spots.get(part.inputs[0] ?? -1)?.root;
    const inside = [...placement.spots].filter(([, spot]) => spot.root === root).map(([tensor]) => tensor);
    const end = Math.ceil(arena.bytes.arena / 64) * 64;
    const places = new Map(arena.places);
    for (const tensor of inside) places.set(tensor, { memory: 'arena', offset: end });
    const own = lifetimes.map((one) => (one.tensor === root ? { ...one, memory: 'arena' as const } : one));
    return { data: { lifetimes: own, arena: { bytes: { ...arena.bytes, arena: end + 2 ** 30 }, places } } };
  }),
  of('allocate', 'sides', 'what the host reads in the arena', ({ lifetimes, arena }, { placement }, part) => {
    const host = placement.operations.find(
      (op) => op.kind === 'host' && !part.inputs.includes(op.input) && !part.outputs.includes(op.input),
    );
    const tensor = host?.kind === 'host' ? host.input : -1;
    if (tensor < 0 || placement.spots.get(tensor)?.root !== tensor) return null;
    if ([...part.inputs, ...part.outputs].some((one) => placement.spots.get(one)?.root === tensor)) return null;
    const end = Math.ceil(arena.bytes.arena / 64) * 64;
    const places = new Map(arena.places).set(tensor, { memory: 'arena', offset: end });
    return { data: { lifetimes, arena: { bytes: { ...arena.bytes, arena: end + 2 ** 30 }, places } } };
  }),
];
