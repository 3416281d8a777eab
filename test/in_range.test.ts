import { expect } from 'chai';
import { at, float64At, int16At, int32At, int8At, ofChannel, uint32At, uint8At } from '../src/in_range.js';
import { addTo, raiseTo, sumIn } from '../src/tally.js';

/** Readers of what is there by construction. */
describe('lists', () => {
  const readers = [
    { name: 'at', read: (i: number) => at([5, 0, -7], i) },
    { name: 'uint8At', read: (i: number) => uint8At(Uint8Array.of(5, 0, 249), i) },
    { name: 'int8At', read: (i: number) => int8At(Int8Array.of(5, 0, -7), i) },
    { name: 'int16At', read: (i: number) => int16At(Int16Array.of(5, 0, -7), i) },
    { name: 'int32At', read: (i: number) => int32At(Int32Array.of(5, 0, -7), i) },
    { name: 'uint32At', read: (i: number) => uint32At(Uint32Array.of(5, 0, 0xfffffff9), i) },
    { name: 'float64At', read: (i: number) => float64At(Float64Array.of(5, 0, -7), i) },
  ];
  for (const { name, read } of readers) {
    it(`${name} gives what is there, 0 too, and tells every other index as a bug`, () => {
      expect([read(0), read(1)]).to.deep.equal([5, 0]);
      expect(read(2)).to.be.oneOf([-7, 249, 0xfffffff9]);
      for (const index of [-1, 3, 0.5, NaN])
        expect(() => read(index), String(index)).to.throw('internal error: element');
    });
  }

  it('ofChannel takes the only value for every channel, else that of the channel', () => {
    expect([0, 1, 9].map((c) => ofChannel([4], c))).to.deep.equal([4, 4, 4]);
    expect([0, 1].map((c) => ofChannel([4, 6], c))).to.deep.equal([4, 6]);
    expect(() => ofChannel([4, 6], 2)).to.throw('internal error');
    expect(() => ofChannel([], 0)).to.throw('internal error');
  });

  it('sums and maxima by key begin with the first value, below zero too', () => {
    const [sums, maxima] = [new Map<string, number>(), new Map<string, number>()];
    for (const value of [-3, -5]) {
      addTo(sums, 'a', value);
      raiseTo(maxima, 'a', value);
    }
    raiseTo(maxima, 'a', -2);
    expect([sumIn(sums, 'a'), sumIn(sums, 'b'), maxima.get('a'), maxima.get('b')]).to.deep.equal([
      -8,
      0,
      -2,
      undefined,
    ]);
  });
});
