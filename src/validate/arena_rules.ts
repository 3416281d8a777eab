/** Live ranges and addresses: what is alive at a time stands apart. */
import type { Arena, Lifetime } from '../allocate/arena.js';
import type { Part } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import { operandsOf } from '../ir/operation.js';
import type { Placement } from '../place/place.js';
import { type Breach, breach, type Rule } from './rule.js';

export interface ArenaData {
  readonly chip: Chip;
  readonly part: Part;
  readonly placement: Placement;
  readonly lifetimes: readonly Lifetime[];
  /** With the place of every tensor. */
  readonly arena: Arena;
}

const meet = (a: number, b: number, c: number, d: number): boolean => a < d && c < b;

export const arenaRules: readonly Rule<ArenaData>[] = [
  {
    name: 'alive',
    text: 'a memory is alive from the first operation that touches it to the last, inputs before all and results behind',
    broken: ({ part, placement: { operations, spots, constants }, lifetimes }) => {
      const known = new Map(lifetimes.map((lifetime) => [lifetime.tensor, lifetime]));
      const dead = (tensor: number, position: number): string | null => {
        const root = spots.get(tensor)?.root ?? tensor;
        const lifetime = known.get(root);
        if (constants.has(root)) return null;
        if (lifetime === undefined) return `t${tensor} is in the memory of t${root}, which is never alive`;
        return lifetime.from <= position && position <= lifetime.to
          ? null
          : `t${tensor} is touched by operation ${position}, and its memory alive from ${lifetime.from} to ${lifetime.to}`;
      };
      const firstDead = (tensors: readonly number[], position: number): string | null =>
        tensors.map((tensor) => dead(tensor, position)).find((text) => text !== null) ?? null;
      for (const [position, operation] of operations.entries()) {
        const text = firstDead([...operandsOf(operation), operation.output], position);
        if (text !== null) return breach(operation, text);
      }
      const text = firstDead(part.inputs, -1) ?? firstDead(part.outputs, operations.length);
      return text === null ? null : breach(null, text);
    },
  },
  {
    name: 'apart',
    text: 'memories that are alive at a time have no bytes in common, and lie in the arena, at multiples of a burst',
    broken: ({ chip, placement: { operations }, lifetimes, arena }): Breach | null => {
      const placed = lifetimes.flatMap((lifetime) => {
        const place = arena.places.get(lifetime.tensor);
        return place === undefined ? [] : [{ ...lifetime, ...place, end: place.offset + lifetime.bytes }];
      });
      const named = (tensor: number) => operations.find(({ output }) => output === tensor) ?? null;
      const homeless = lifetimes.find(({ tensor }) => !arena.places.has(tensor));
      if (homeless !== undefined)
        return breach(named(homeless.tensor), `the memory of t${homeless.tensor} has no place`);
      for (const { tensor, memory, offset, end } of placed)
        if (offset < 0 || offset % chip.memory.burstBytes !== 0 || end > arena.bytes[memory])
          return breach(named(tensor), `t${tensor} is at ${offset} to ${end} of ${arena.bytes[memory]} bytes`);
      const byStart = [...placed].sort((a, b) => a.offset - b.offset);
      for (const [i, one] of byStart.entries()) {
        for (const other of byStart.slice(i + 1)) {
          if (other.offset >= one.end) break;
          const together = one.memory === other.memory && meet(one.from, one.to + 1, other.from, other.to + 1);
          if (together)
            return breach(named(other.tensor), `t${one.tensor} and t${other.tensor} share bytes, both alive`);
        }
      }
      return null;
    },
  },
  {
    name: 'sides',
    text: 'what the host reads or writes is in the memory that is kept apart for it',
    broken: ({ part, placement: { operations, spots, constants }, arena }) => {
      const isHidden = (tensor: number): boolean =>
        arena.places.get(tensor)?.memory !== 'io' && !constants.has(spots.get(tensor)?.root ?? tensor);
      const hidden = [...part.inputs, ...part.outputs].find(isHidden);
      if (hidden !== undefined) return breach(null, `t${hidden} is in the arena`);
      for (const operation of operations) {
        if (operation.kind !== 'host') continue;
        const own = [operation.input, operation.output].find(isHidden);
        if (own !== undefined) return breach(operation, `t${own} is in the arena`);
      }
      return null;
    },
  },
];
