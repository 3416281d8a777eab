import { expect } from 'chai';
import fc from 'fast-check';
import { recordLines, snake } from '../../src/wire/c_text.js';
import {
  array,
  chars,
  codes,
  type Field,
  f32,
  i32,
  octets,
  readRecord,
  record,
  recordBytes,
  reserved,
  size64,
  u32,
  u64,
} from '../../src/wire/record.js';
import { holds } from '../host/holds.js';

const inner = record('inner', 'Two numbers.', { low: i32, high: u32 });
const outer = record('outer', 'One of each.', {
  magic: chars(8),
  count: u32,
  ratio: f32,
  mask: u64,
  bytes: size64,
  both: array(inner, 2),
  unused: reserved(2),
  key: octets(4),
  realBits: f32,
});

const plain = { noNullPrototype: true } as const;
const inners = fc.record({ low: fc.integer(), high: fc.nat(0xffffffff) }, plain);
const outers = fc.record(
  {
    magic: fc.stringMatching(/^[A-Z]{0,8}$/),
    count: fc.nat(0xffffffff),
    ratio: fc.float({ noNaN: true }),
    mask: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    bytes: fc.nat(Number.MAX_SAFE_INTEGER),
    both: fc.array(inners, { minLength: 2, maxLength: 2 }),
    key: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    realBits: fc.float({ noNaN: true }),
  },
  plain,
);

describe('wire: records', () => {
  it('read what they wrote, wherever in a file, and touch no other byte', () => {
    holds(
      fc.property(outers, fc.nat(16), (value, before) => {
        const file = new Uint8Array(before + outer.size + 8).fill(0xaa);
        outer.write(new DataView(file.buffer), before, value);
        expect(readRecord(outer, file, before)).to.deep.equal(value);
        const around = [...file.subarray(0, before), ...file.subarray(before + outer.size)];
        expect(around.every((byte) => byte === 0xaa)).to.equal(true);
      }),
    );
  });

  it('are little-endian, field behind field', () => {
    const bytes = recordBytes(outer, {
      magic: 'AB',
      count: 0x01020304,
      ratio: 1,
      mask: 0x1122334455667788n,
      bytes: 2 ** 33,
      both: [
        { low: -2, high: 3 },
        { low: 5, high: 0xffffffff },
      ],
      key: Uint8Array.of(9, 8, 7, 6),
      realBits: -2,
    });
    const hex = Buffer.from(bytes).toString('hex');
    expect(hex).to.equal(
      '4142000000000000' + // text ends with zeros
        '04030201' +
        '0000803f' +
        '8877665544332211' +
        '0000000002000000' +
        'feffffff03000000' +
        '05000000ffffffff' +
        '0000000000000000' +
        '09080706' +
        '000000c0',
    );
    expect(outer.offsets).to.deep.equal({
      magic: 0,
      count: 8,
      ratio: 12,
      mask: 16,
      bytes: 24,
      both: 32,
      unused: 48,
      key: 56,
      realBits: 60,
    });
  });

  it('refuse a table in which a C compiler would leave a gap', () => {
    expect(() => record('r', '', { a: u32, b: u64 })).to.throw('r.b would stand at 4, not a multiple of 8');
    expect(() => record('r', '', { a: u64, b: u32 })).to.throw('r has 12 bytes, not a multiple of 8');
    expect(() => record('r', '', { a: chars(3), b: u32 })).to.throw('r.b would stand at 3');
  });

  it('refuse a list of another length', () => {
    const four: Field<readonly number[]> = array(u32, 4);
    expect(() => recordBytes(four, [1, 2, 3])).to.throw('3 values for 4');
  });

  it('become C structs whose size and offsets are asserted', () => {
    const text = recordLines(outer).join('\n');
    expect(text).to.contain('typedef struct outer {\n    char magic[8];\n    uint32_t count;\n    float ratio;');
    expect(text).to.contain('    inner both[2];\n    uint32_t unused[2];\n    uint8_t key[4];\n    float real_bits;\n');
    expect(text).to.contain('_Static_assert(sizeof(outer) == 64, "outer");');
    for (const [name, offset] of Object.entries(outer.offsets))
      expect(text).to.contain(`_Static_assert(offsetof(outer, ${snake(name)}) == ${offset},`);
  });

  it('names for numbers go both ways, and others have none', () => {
    const kinds = codes('kind', 'KIND', '', { first: 0, other: 7 });
    expect([kinds.of.other, kinds.nameOf(7), kinds.nameOf(0), kinds.nameOf(1)]).to.deep.equal([
      7,
      'other',
      'first',
      null,
    ]);
  });
});

describe('wire: names in C', () => {
  for (const [name, inC] of [
    ['strideW', 'stride_w'],
    ['Conv2DOptions', 'conv_2d_options'],
    ['DepthwiseConv2DOptions', 'depthwise_conv_2d_options'],
    ['LeakyReluOptions', 'leaky_relu_options'],
    ['SplitVOptions', 'split_v_options'],
    ['reluN1To1', 'relu_n1_to1'],
    ['relu6', 'relu6'],
    ['inBos', 'in_bos'],
    ['mostNameBytes', 'most_name_bytes'],
    ['resize_fixed', 'resize_fixed'],
    ['n', 'n'],
  ] as const)
    it(name, () => expect(snake(name)).to.equal(inC));
});
