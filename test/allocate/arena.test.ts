import { expect } from 'chai';
import fc from 'fast-check';
import { rk3588 } from '../../src/hardware/chips.js';
import { holds } from '../host/holds.js';
import { allocateArena, type Lifetime } from '../../src/allocate/arena.js';

const lifetimes = fc.array(
  fc.record({
    bytes: fc.integer({ min: 1, max: 5000 }),
    from: fc.integer({ min: -1, max: 20 }),
    length: fc.integer({ min: 0, max: 8 }),
    inIo: fc.boolean(),
  }),
  { maxLength: 25 },
);

describe('allocate: arena', () => {
  it('tensors alive at one time never overlap; the arena is no larger than all of them together', () => {
    holds(
      fc.property(lifetimes, (list) => {
        const tensors = list.map(({ bytes, from, length, inIo }, tensor): Lifetime => ({
          tensor,
          bytes,
          from,
          to: from + length,
          memory: inIo ? 'io' : 'arena',
        }));
        const { bytes, places } = allocateArena(rk3588, tensors);
        for (const a of tensors) {
          const start = places.get(a.tensor)?.offset ?? -1;
          expect(places.get(a.tensor)?.memory).to.equal(a.memory);
          expect(start).to.be.at.least(0);
          expect(start + a.bytes).to.be.at.most(bytes[a.memory]);
          for (const b of tensors) {
            if (a.tensor === b.tensor || a.memory !== b.memory || a.to < b.from || b.to < a.from) continue;
            const other = places.get(b.tensor)?.offset ?? -1;
            expect(start + a.bytes <= other || other + b.bytes <= start).to.equal(true);
          }
        }
        expect(bytes.arena + bytes.io).to.be.at.most(
          tensors.reduce((sum, tensor) => sum + Math.ceil(tensor.bytes / 64) * 64, 0),
        );
      }),
    );
  });
});
