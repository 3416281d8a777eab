/** LUT functions: the load task, then the task that reads the tables with ping-pong off. */
import { clamp, cubeBytes, cubeOf, type CubeShape, nearest, nearestEven } from '../machine.js';
import type { Settings } from '../program.js';
import { at, elementwise, type Form, loadTask, planeBytes, taskBytes } from './form.js';

const shape: CubeShape = { width: 16, height: 2, channels: 16, plane: planeBytes(16, 2) / 16 };
const scratch = 0x2000000;

/** Every byte once or twice. */
const main = cubeBytes(shape, (c, y, x) => (x + 16 * c + 128 * y) & 255);
const inputAt = cubeOf(shape, main);

/** Entries of a table over 512 steps of 32 in units of 2^-15 of a function of x. */
const entries = (start: number, f: (index: number) => number): readonly number[] =>
  Array.from({ length: 513 }, (_, i) => Math.max(-32768, Math.min(32767, Math.round(32768 * f(start + 32 * i)))));

interface Table {
  readonly start: number;
  readonly entries: readonly number[];
  readonly under: readonly [number, number];
  readonly over: readonly [number, number];
}

/** Entry, straight line between two, slope beyond: the sentence of the documents. */
const lookUp = ({ start, entries: e, under, over }: Table, v: number): number => {
  if (v < start) return (e[0] ?? 0) + nearest(((v - start) * under[0]) / 2 ** under[1]);
  if (v >= start + 16384) return (e[512] ?? 0) + nearest(((v - start - 16384) * over[0]) / 2 ** over[1]);
  const i = Math.floor((v - start) / 32);
  const rest = v - start - 32 * i;
  return (e[i] ?? 0) + nearest((((e[i + 1] ?? 0) - (e[i] ?? 0)) * rest) / 32);
};

interface Activation {
  readonly title: string;
  readonly f: (x: number) => number;
  /** Of the input: real = scale * (code - zero-point). */
  readonly scale: number;
  readonly zero: number;
  /** Index steps for one unit of x. */
  readonly steps: number;
  /** Index that x = 0 has: 0, or 0x4000 where all stands in LO. */
  readonly origin: number;
  /** What an entry of 32768 stands for. */
  readonly range: number;
  readonly outScale: number;
  readonly outZero: number;
  readonly ewConfig: number;
  readonly slopes?: Settings;
  readonly low?: Partial<Table>;
  readonly high?: Partial<Table>;
  readonly flips: Readonly<Record<string, readonly string[]>>;
  /** Counts that the table may be off the real function. */
  readonly tolerance: number;
}

const activation = (a: Activation): Form => {
  const shift = 8;
  const multiplier = Math.round(a.scale * a.steps * 2 ** shift);
  const addend = a.origin * 2 ** shift - a.zero * multiplier;
  const realAt = (index: number): number => a.f((index - a.origin) / a.steps) / a.range;
  const [low, high]: readonly Table[] = [
    { start: -16384, entries: entries(-16384, realAt), under: [0, 0], over: [0, 0], ...a.low },
    { start: 0, entries: entries(0, realAt), under: [0, 0], over: [0, 0], ...a.high },
  ] as const;
  const factor = a.range / 32768 / a.outScale;
  const outShift = Math.floor(Math.log2(32767 / factor));
  const outScale = Math.round(factor * 2 ** outShift);
  if (low === undefined || high === undefined || outScale > 32767) throw new Error(`${a.title}: ${outScale}`);
  const settings = elementwise(shape.width, shape.height, shape.channels, {
    'DPU.S_POINTER': 0x30,
    'DPU_RDMA.RDMA_S_POINTER': 0x30,
    'DPU.BN_CFG': 0x20040,
    'DPU.BN_ALU_CFG': addend,
    'DPU.BN_MUL_CFG': multiplier * 0x10000 + shift * 0x100,
    'DPU.DATA_FORMAT': shift << 10,
    'DPU.EW_CFG': a.ewConfig,
    'DPU.LUT_CFG': 0x68,
    'DPU.LUT_INFO': 0x50500,
    'DPU.LUT_LE_START': -0x4000,
    'DPU.LUT_LE_END': 0,
    'DPU.LUT_LO_START': 0,
    'DPU.LUT_LO_END': 0x4000,
    'DPU.OUT_CVT_OFFSET': a.outZero,
    'DPU.OUT_CVT_SCALE': outScale,
    'DPU.OUT_CVT_SHIFT': outShift,
    ...a.slopes,
  });
  return {
    title: a.title,
    memory: {
      main: { iova: at.main, bytes: main },
      scratch: { iova: scratch, bytes: new Uint8Array(128) },
      output: { iova: at.output, bytes: new Uint8Array(main.length) },
    },
    tasks: [loadTask(scratch, low.entries, high.entries), taskBytes(settings, 'dpuOnly')],
    output: { name: 'output', shape },
    expected: (c, y, x) => {
      const code = inputAt(c, y, x);
      const index = nearest((code * multiplier + addend) / 2 ** shift);
      const value = lookUp(index < 0 ? low : high, index);
      const after = a.ewConfig === 0x300 ? Math.max(0, value) : value;
      const out = clamp(nearestEven((after * outScale) / 2 ** outShift) + a.outZero);
      const real = clamp(Math.round(a.f(a.scale * (code - a.zero)) / a.outScale) + a.outZero);
      if (Math.abs(out - real) > a.tolerance)
        throw new Error(`${a.title} of code ${code}: ${out}, the function is ${real}`);
      return out;
    },
    flips: a.flips,
  };
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const bnOrder = { bn_order: ['add_multiply'] } as const;

export const tableForms: readonly Form[] = [
  activation({
    title: 'sigmoid, then MAX with 0',
    f: sigmoid,
    scale: 0.047,
    zero: 3,
    steps: 2596,
    origin: 0,
    range: 1,
    outScale: 1 / 256,
    outZero: -128,
    ewConfig: 0x300,
    slopes: { 'DPU.LUT_LE_SLOPE_SCALE': 0x5a43, 'DPU.LUT_LE_SLOPE_SHIFT': 22 },
    low: { under: [0x5a43, 22] },
    flips: {
      ...bnOrder,
      ew_lut_order: ['operation_first'],
      int8_lut: ['refused'],
      lut_table_choice: ['sign_before_bn'],
    },
    tolerance: 1,
  }),
  activation({
    title: 'SiLU behind a ReLU: the zero-point stands in BN',
    f: (x) => x * sigmoid(x),
    scale: 0.0235,
    zero: -128,
    steps: 2048,
    origin: 0,
    range: 8,
    outScale: 0.0235,
    outZero: -128,
    ewConfig: 0x302,
    slopes: { 'DPU.LUT_LO_SLOPE_SCALE': 0x40320000, 'DPU.LUT_LO_SLOPE_SHIFT': 13 << 5 },
    high: { over: [0x4032, 13] },
    flips: { ...bnOrder, lut_table_choice: ['sign_before_bn'] },
    tolerance: 1,
  }),
  activation({
    title: 'ELU: all of it in the LO table, its offset in BN',
    f: (x) => (x < 0 ? Math.expm1(x) : x),
    scale: 0.03,
    zero: 0,
    steps: 4096,
    origin: 0x4000,
    range: 4,
    outScale: 0.03,
    outZero: 0,
    ewConfig: 0x302,
    slopes: { 'DPU.LUT_LO_SLOPE_SCALE': 0x20000000, 'DPU.LUT_LO_SLOPE_SHIFT': 12 << 5 },
    high: { over: [0x2000, 12] },
    flips: { ...bnOrder, lut_table_choice: ['sign_before_bn'] },
    tolerance: 1,
  }),
  activation({
    title: 'tanh',
    f: Math.tanh,
    scale: 0.021,
    zero: -9,
    steps: 4096,
    origin: 0,
    range: 1,
    outScale: 1 / 128,
    outZero: 0,
    ewConfig: 0x302,
    flips: bnOrder,
    tolerance: 1,
  }),
];
