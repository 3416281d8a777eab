import { expect } from 'chai';
import { seededRandom } from '../host/random.js';
import { flying } from './layers.js';
import { driverOrSkip, type Region, runNative } from './native.js';
import { lutWords, type Settings, taskBytes } from './program.js';

/** The DPU's stages on all 256 bytes in 16 channels, each against the sentence that the hardware's documents have for it. */
const at = { main: 0x10000, output: 0x20000 };
const [operandAddress, commandAddress] = [0x30000, 0x40000];
const width = 256;

const signed = (byte: number): number => (byte << 24) >> 24;
const clamp = (value: number): number => Math.max(-128, Math.min(127, value));
/** Half away from zero. */
const nearest = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

interface Case {
  readonly settings: Settings;
  readonly operand?: Uint8Array;
  readonly tables?: readonly bigint[];
  readonly facts?: Readonly<Record<string, string>>;
}

const random = seededRandom(7);
/** Position x of channel c holds x + 16 c: every byte in every channel. */
const main = Uint8Array.from({ length: width * 16 }, (_, i) => (Math.floor(i / 16) + 16 * (i % 16)) & 255);
const inputAt = (x: number, c: number): number => signed(main[x * 16 + c] ?? 0);

let driver = '';

/** Runs a case on both paths; the refusal, or the bytes. */
const run = ({ settings, operand, tables = [], facts = {} }: Case): string | Uint8Array => {
  const commands = taskBytes({ ...flying(width, 1, 16, at), ...settings }, 'dpuOnly', { before: tables });
  const regions: readonly Region[] = [
    { iova: at.main, bytes: main },
    { iova: at.output, bytes: new Uint8Array(width * 16) },
    { iova: operandAddress, bytes: operand ?? new Uint8Array(16) },
    { iova: commandAddress, bytes: commands, constant: true },
  ];
  const tasks = [{ regcmd: commandAddress, words: commands.length / 8 }];
  const [fast, scalar] = runNative(driver, [
    { regions, tasks, facts },
    { regions, tasks, facts, path: 'scalar' },
  ]);
  expect(fast?.refusal).to.equal(scalar?.refusal);
  if (typeof fast?.refusal === 'string') return fast.refusal;
  const bytes = Uint8Array.from(fast?.regions[1] ?? []);
  expect(bytes).to.deep.equal(Uint8Array.from(scalar?.regions[1] ?? []));
  return bytes;
};

/** `expected`: of a value in a channel at a position. */
const check = (one: Case, expected: (value: number, channel: number, x: number) => number): void => {
  const bytes = run(one);
  if (typeof bytes === 'string') throw new Error(bytes);
  for (let x = 0; x < width; x++) {
    for (let c = 0; c < 16; c++) {
      const value = inputAt(x, c);
      expect(signed(bytes[x * 16 + c] ?? 0), `${value} in channel ${c}`).to.equal(clamp(expected(value, c, x)));
    }
  }
};

const refused = (one: Case, pattern: RegExp): void => {
  expect(run(one)).to.match(pattern);
};

const stage = (name: 'BS' | 'BN', mul: number, shift: number, fields: Readonly<Record<string, number>>): Settings => ({
  [`DPU.${name}_CFG`]: { [`${name}_ALU_BYPASS`]: 1, [`${name}_RELU_BYPASS`]: 1, ...fields },
  [`DPU.${name}_MUL_CFG`]: { [`${name}_MUL_OPERAND`]: mul, [`${name}_MUL_SHIFT_VALUE`]: shift },
  'DPU.DATA_FORMAT': { [`${name}_MUL_SHIFT_VALUE_NEG`]: shift },
});

const ew = (fields: Readonly<Record<string, number>>): Settings => ({
  'DPU.EW_CFG': { EW_LUT_BYPASS: 1, EW_OP_CVT_BYPASS: 1, EW_RELU_BYPASS: 1, ...fields },
});

const bytesOf = (values: Int16Array | Int32Array): Uint8Array => new Uint8Array(values.buffer);

describe('stages of the DPU', () => {
  before(function () {
    driver = driverOrSkip(this);
  });

  it('PReLU multiplies what is below 0 and shifts both', () => {
    const settings = { ...stage('BS', 3, 2, { BS_MUL_PRELU: 1 }), 'DPU.DATA_FORMAT': { BS_MUL_SHIFT_VALUE_NEG: 3 } };
    check({ settings }, (v) => (v < 0 ? nearest((v * 3) / 8) : nearest(v / 4)));
    check({ settings, facts: { prelu_positive: 'unshifted' } }, (v) => (v < 0 ? nearest((v * 3) / 8) : v));
  });

  it('multipliers and shifts for each channel from memory, in groups of 8', () => {
    const mul = Array.from({ length: 16 }, () => random.integer(1, 500));
    const shift = Array.from({ length: 16 }, () => random.integer(0, 9));
    const groups = [0, 8].flatMap((c) => [...mul.slice(c, c + 8), ...shift.slice(c, c + 8)]);
    const settings: Settings = {
      ...stage('BN', 0, 0, {}),
      'DPU.BN_MUL_CFG': { BN_MUL_SRC: 1, BN_TRUNCATE_SRC: 1 },
      'DPU_RDMA.RDMA_NRDMA_CFG': { NRDMA_DATA_USE: 4 | 8 },
      'DPU_RDMA.RDMA_BN_BASE_ADDR': operandAddress,
    };
    check({ settings, operand: bytesOf(Int16Array.from(groups)) }, (v, c) =>
      nearest((v * (mul[c] ?? 0)) / 2 ** (shift[c] ?? 0)),
    );
    const wide = Int16Array.from(groups);
    wide[8] = 64;
    refused({ settings, operand: bytesOf(wide) }, /DPU_RDMA RDMA_BN_BASE_ADDR .*channel 0 has the shift 64/);
  });

  it('EW: abs, neg, and operands from registers', () => {
    check({ settings: ew({ EW_ALU_ALGO: 5 }) }, Math.abs);
    check({ settings: ew({ EW_ALU_ALGO: 6 }) }, (v) => -v);
    const all = (value: number): Settings =>
      Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`DPU.EW_OP_VALUE_${i}`, value]));
    check({ settings: { ...ew({ EW_ALU_ALGO: 4 }), ...all(-9) } }, (v) => v + 9);
    check({ settings: { ...ew({ EW_ALU_ALGO: 1 }), ...all(20) } }, (v) => Math.min(v, 20));
    refused({ settings: { ...ew({ EW_ALU_ALGO: 2 }), 'DPU.EW_OP_VALUE_3': 1 } }, /DPU EW_OP_VALUE_3 .* differs/);
    refused({ settings: ew({ EW_ALU_ALGO: 3 }) }, /DPU EW_CFG .*EW_ALU_ALGO 3 is not modelled/);
    refused({ settings: ew({ EW_ALU_ALGO: 0, EW_BINARY_EN: 1 }) }, /DPU EW_CFG .*EW_BINARY_EN/);
  });

  it('EW: a multiplier for each value, with its two shifts', () => {
    const operand = Uint8Array.from({ length: width * 16 }, () => random.integer(0, 255));
    const settings: Settings = {
      ...ew({ EW_OP_TYPE: 1, EW_OP_SRC: 1, EW_DATA_MODE: 1, EDATA_SIZE: 1 }),
      'DPU.EW_CVT_SCALE_VALUE': { EW_TRUNCATE: 7 },
      'DPU.DATA_FORMAT': { EW_TRUNCATE_NEG: 5 },
      'DPU_RDMA.RDMA_ERDMA_CFG': { ERDMA_DATA_MODE: 1, ERDMA_DATA_SIZE: 1 },
      'DPU_RDMA.RDMA_EW_BASE_ADDR': operandAddress,
    };
    check({ settings, operand }, (v, c, x) => {
      const product = v * signed(operand[x * 16 + c] ?? 0);
      return nearest(product / (product < 0 ? 32 : 128));
    });
  });

  it('EW: an operand of 8 or 16 bits for each channel', () => {
    for (const size of [1, 2]) {
      const values = Int16Array.from({ length: 16 }, () => random.integer(-100, 100));
      const settings: Settings = {
        ...ew({ EW_ALU_ALGO: 2, EW_OP_SRC: 1, EDATA_SIZE: size }),
        'DPU_RDMA.RDMA_ERDMA_CFG': { ERDMA_DATA_SIZE: size },
        'DPU_RDMA.RDMA_EW_BASE_ADDR': operandAddress,
        'DPU_RDMA.RDMA_EW_SURF_STRIDE': { EW_SURF_STRIDE: 1 },
      };
      const operand = size === 1 ? Uint8Array.from(values, (v) => v & 255) : bytesOf(values);
      check({ settings, operand }, (v, c) => v + (values[c] ?? 0));
      refused(
        { settings, operand, facts: { ew_channel_operand: 'refused' } },
        /DPU EW_CFG .* each channel is not known/,
      );
    }
  });
});

describe('LUT', () => {
  before(function () {
    driver = driverOrSkip(this);
  });

  const table = (): readonly number[] => Array.from({ length: 513 }, () => random.integer(-120, 120));
  const [low, high] = [table(), table()];
  const range: Settings = {
    'DPU.EW_CFG': { EW_OP_BYPASS: 1, EW_OP_CVT_BYPASS: 1, EW_RELU_BYPASS: 1 },
    'DPU.LUT_CFG': { LUT_HYBRID_PRIORITY: 1, LUT_OFLOW_PRIORITY: 1, LUT_LO_LE_MUX: 2 },
    'DPU.LUT_INFO': { LUT_LE_INDEX_SELECT: 5, LUT_LO_INDEX_SELECT: 5 },
    'DPU.LUT_LE_START': -16384,
    'DPU.LUT_LO_END': 16384,
  };
  const tables = lutWords(low, high);

  it('a code times 2^5 reads its own entry: any function of a byte', () => {
    const settings = { ...range, ...stage('BN', 32, 0, {}) };
    check({ settings, tables }, (v) => (v < 0 ? low[512 + v] : high[v]) ?? 0);
  });

  it('goes straight from entry to entry between them', () => {
    const settings = { ...range, ...stage('BN', 8, 0, {}) };
    check({ settings, tables }, (v) => {
      const [entries, position] = v < 0 ? [low, 512 + v / 4] : [high, v / 4];
      const [from = 0, to = 0] = [entries[Math.floor(position)], entries[Math.floor(position) + 1]];
      return from + nearest((to - from) * (position - Math.floor(position)));
    });
  });

  it('goes on with its slopes beyond both ends; the upper end is beyond', () => {
    const settings: Settings = {
      ...range,
      ...stage('BN', 256, 0, {}),
      'DPU.LUT_LE_SLOPE_SCALE': { LUT_LE_SLOPE_UFLOW_SCALE: 3 },
      'DPU.LUT_LE_SLOPE_SHIFT': { LUT_LE_SLOPE_UFLOW_SHIFT: 10 },
      'DPU.LUT_LO_SLOPE_SCALE': { LUT_LO_SLOPE_OFLOW_SCALE: -5 },
      'DPU.LUT_LO_SLOPE_SHIFT': { LUT_LO_SLOPE_OFLOW_SHIFT: 10 },
    };
    check({ settings, tables }, (v) => {
      if (v < -64) return (low[0] ?? 0) + nearest(((v * 256 + 16384) * 3) / 1024);
      if (v >= 64) return (high[512] ?? 0) + nearest(((v * 256 - 16384) * -5) / 1024);
      return (v < 0 ? low[512 + v * 8] : high[v * 8]) ?? 0;
    });
  });

  it('is refused without tables, with torn writes, and where int8 tables are not trusted', () => {
    refused({ settings: range }, /DPU EW_CFG .*entry 0 of table 0 was never written/);
    refused({ settings: range, tables: tables.slice(0, -1) }, /entry 512 of table 1 was never written/);
    const [first = 0n, second = 0n, ...rest] = tables;
    const torn = [first, second, 0x1001_0000_0000_4108n, ...rest];
    refused({ settings: range, tables: torn }, /DPU LUT_ACCESS_DATA: .*one right after the other/);
    refused({ settings: range, tables, facts: { int8_lut: 'refused' } }, /DPU EW_CFG .*not known on the RK3588/);
    refused({ settings: { ...range, 'DPU.LUT_LO_END': 16383 }, tables }, /DPU LUT_LO_END .*512 steps of 2\^5/);
  });
});
