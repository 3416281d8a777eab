import { expect } from 'chai';
import fc from 'fast-check';
import { PtfeError } from '../../src/error.js';
import { sequenceLines } from '../../src/wire/c_text.js';
import { Cursor } from '../../src/wire/cursor.js';
import { messageLists } from '../../src/wire/graph_message.js';
import { f32, i32, record, u32 } from '../../src/wire/record.js';
import { f32s, i32s, many, type Part, run, sequence, text, u32s } from '../../src/wire/sequence.js';
import { Writer } from '../../src/wire/writer.js';
import { holds } from '../host/holds.js';

const one = sequence('one', 'One of each.', {
  index: u32,
  offset: i32,
  name: text,
  shape: i32s,
  ids: u32s,
  scales: f32s,
  data: run,
});
const list = many(one);

const plain = { noNullPrototype: true } as const;
const word = fc.nat(0xffffffff);
const real = fc.float({ noNaN: true });
const ones = fc.array(
  fc.record(
    {
      index: word,
      offset: fc.integer(),
      name: fc.string({ unit: 'grapheme', maxLength: 9 }),
      shape: fc.array(fc.integer(), { maxLength: 5 }),
      ids: fc.array(word, { maxLength: 5 }),
      scales: fc.array(real, { maxLength: 5 }),
      data: fc.uint8Array({ maxLength: 9 }),
    },
    plain,
  ),
  { maxLength: 4 },
);

const bytesOf = <T>(part: Part<T>, value: T): Uint8Array => {
  const to = new Writer();
  part.put(to, value);
  return to.bytes();
};

describe('wire: sequences', () => {
  it('take what they put, to the last byte', () => {
    holds(
      fc.property(ones, (values) => {
        const bytes = bytesOf(list, values);
        expect(bytes.byteLength % 4).to.equal(0);
        const cursor = new Cursor(bytes);
        expect(list.take(cursor)).to.deep.equal(values);
        expect(() => cursor.take(1)).to.throw(PtfeError, '1 bytes wanted, 0 left');
      }),
    );
  });

  it('refuse every shorter run, and counts and lengths that it has no bytes for', () => {
    const value = {
      index: 1,
      offset: -1,
      name: 'abcde',
      shape: [1, 2],
      ids: [3],
      scales: [0.5],
      data: new Uint8Array(5),
    };
    const bytes = bytesOf(list, [value, value]);
    for (let length = 0; length < bytes.byteLength; length++)
      expect(() => list.take(new Cursor(bytes.subarray(0, length))), `${length} bytes`).to.throw(PtfeError);
    for (const at of [0, 12, 24, 36]) {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(at, 0xffffffff, true);
      expect(() => list.take(new Cursor(changed)), `at ${at}`).to.throw(PtfeError, /does not fit|bytes wanted/);
    }
  });

  it('are little-endian words: counts in front of lists, lengths in front of bytes, which are padded', () => {
    const bytes = bytesOf(one, {
      index: 7,
      offset: -2,
      name: 'abc',
      shape: [1, -1],
      ids: [],
      scales: [1],
      data: Uint8Array.of(1, 2, 3, 4, 5),
    });
    expect(Buffer.from(bytes).toString('hex')).to.equal(
      '07000000feffffff' +
        '0300000061626300' +
        '0200000001000000ffffffff' +
        '00000000' +
        '010000000000803f' +
        '050000000102030405000000',
    );
  });

  it('become C structs and functions, where C knows their parts', () => {
    const made = sequenceLines(one).join('\n');
    expect(made).to.contain('    uint32_t index;\n    int32_t offset;\n    byte_run name;\n    i32_list shape;\n');
    expect(made).to.contain('    bytes_i32(to, from->offset);\n    bytes_byte_run(to, from->name);\n');
    expect(made).to.contain('    to->offset = cursor_i32(from);\n    to->name = cursor_byte_run(from);\n');
    expect(() => sequenceLines(messageLists)).to.throw('a list of sequences has no struct in C');
    expect(() => sequenceLines(sequence('s', '', { f32 }))).to.throw('no float');
    expect(() => sequenceLines(sequence('s', '', { r: record('r', '', { u32 }) }))).to.throw('in a sequence for C');
  });
});
