/** Elementwise tasks: ADD, SUB, MAX, MUL, activations, each alone. */
import { seededRandom } from '../../host/random.js';
import {
  align,
  clamp,
  type Cube,
  cubeBytes,
  cubeOf,
  type CubeShape,
  type Memory,
  nearest,
  nearestEven,
  operandGroups,
} from '../machine.js';
import type { Settings } from '../program.js';
import { at, elementwise, type Form, planeBytes, taskBytes } from './form.js';

const random = seededRandom(1202);
const channels = 40;
const odd: CubeShape = { width: 7, height: 7, channels: align(channels, 16), plane: planeBytes(7, 7) / 16 };

const bytesOf = (shape: CubeShape): Uint8Array => cubeBytes(shape, () => random.integer(0, 255));

/** A form of two planes: the words that are its own, what each pair of bytes gives. */
const form = (
  title: string,
  words: Settings,
  expected: (a: number, b: number, c: number) => number,
  more: { readonly memoryMore?: Readonly<Record<string, Memory>>; readonly flips?: Form['flips'] } = {},
): Form => {
  const shape = odd;
  const [a, b] = [bytesOf(shape), bytesOf(shape)];
  const [mainAt, operandAt]: readonly Cube[] = [cubeOf(shape, a), cubeOf(shape, b)] as const;
  const { memoryMore = {}, flips = {} } = more;
  return {
    title,
    memory: {
      main: { iova: at.main, bytes: a },
      operand: { iova: at.operand, bytes: b },
      output: { iova: at.output, bytes: new Uint8Array(a.length) },
      ...memoryMore,
    },
    tasks: [
      taskBytes(
        elementwise(shape.width, shape.height, shape.channels, {
          'DPU_RDMA.RDMA_EW_BASE_ADDR': at.operand,
          ...words,
        }),
        'dpuOnly',
      ),
    ],
    output: { name: 'output', shape },
    expected: (c, y, x) => clamp(expected(mainAt?.(c, y, x) ?? 0, operandAt?.(c, y, x) ?? 0, c)),
    flips,
  };
};

const plane: Settings = { 'DPU_RDMA.RDMA_ERDMA_CFG': 0x40000004 };
const [za, zb, zy] = [-17, 23, 5];
const converter = (scale: number): Settings => ({
  'DPU.EW_CVT_OFFSET_VALUE': -zb,
  'DPU.EW_CVT_SCALE_VALUE': scale,
});
const out = (scale: number, shift: number, offset: number): Settings => ({
  'DPU.OUT_CVT_OFFSET': offset,
  'DPU.OUT_CVT_SCALE': scale,
  'DPU.OUT_CVT_SHIFT': shift,
});

const sum: Settings = {
  ...plane,
  'DPU.BS_CFG': 0x20040,
  'DPU.BS_ALU_CFG': -za,
  'DPU.BS_MUL_CFG': 0x7f000100,
  'DPU.DATA_FORMAT': 0x10,
  ...out(24321, 29, zy),
};

const added = (a: number, b: number, scale: number): number => nearest(((a - za) * 0x7f00) / 2) + (b - zb) * scale;
const outOf = (value: number): number => nearestEven((value * 24321) / 2 ** 29) + zy;

const maxWords: Settings = {
  ...plane,
  'DPU.BS_CFG': 0x20040,
  'DPU.BS_ALU_CFG': -za,
  'DPU.BS_MUL_CFG': 0x40000000,
  'DPU.EW_CFG': 0x904002c0,
  ...converter(0x4000),
  ...out(0x4000, 28, zy),
};

const product: Settings = { 'DPU.BS_CFG': 0x20050, 'DPU.BS_ALU_CFG': -za, ...out(19001, 21, zy) };
const multiplied = (value: number): number => nearestEven((value * 19001) / 2 ** 21) + zy;

const alphas = Array.from({ length: odd.channels }, () => random.integer(-16384, 16384));
const factors = Uint8Array.from({ length: odd.channels }, () => random.integer(0, 255));
const factorAt = (c: number): number => ((factors[c] ?? 0) << 24) >> 24;

/** What is 0 and more in units of 2^-14, what is below 0 in units of 1 and times the slope in 2^-14. */
const slope: Settings = {
  'DPU.BS_CFG': 0x20040,
  'DPU.BS_ALU_CFG': -za,
  'DPU.BS_MUL_CFG': 0x40000000,
  'DPU.DATA_FORMAT': 0xe0,
  'DPU.BN_CFG': 0x62,
  ...out(23456, 29, zy),
};
const sloped = (a: number, alpha: number): number =>
  nearestEven(((a - za) * (a < za ? alpha : 0x4000) * 23456) / 2 ** 29) + zy;

export const elementwiseForms: readonly Form[] = [
  form('a copy', out(1, 0, 0), (a) => a),
  form('ADD', { ...sum, 'DPU.EW_CFG': 0x904202c0, ...converter(0x4000) }, (a, b) => outOf(added(a, b, 0x4000)), {
    flips: { int8_flying: ['operand_zero'] },
  }),
  form('ADD with ReLU', { ...sum, 'DPU.EW_CFG': 0x904200c0, ...converter(0x4000) }, (a, b) =>
    outOf(Math.max(0, added(a, b, 0x4000))),
  ),
  ...[0x8100, 0xc000].map((scale) =>
    form(
      `SUB with the scale 0x${scale.toString(16)}`,
      { ...sum, 'DPU.EW_CFG': 0x904202c0, ...converter(scale) },
      (a, b) => outOf(added(a, b, scale - 0x10000)),
      { flips: { ew_cvt_scale_sign: ['unsigned16'] } },
    ),
  ),
  form('MAX', maxWords, (a, b) => Math.max(a - za, b - zb) + zy),
  form('MUL', { ...plane, ...product, 'DPU.EW_CFG': 0x904002c4, ...converter(1) }, (a, b) =>
    multiplied((a - za) * (b - zb)),
  ),
  form(
    'MUL by 1x1xC',
    {
      ...product,
      'DPU.EW_CFG': 0x804002c4,
      'DPU_RDMA.RDMA_ERDMA_CFG': 4,
      'DPU_RDMA.RDMA_EW_SURF_STRIDE': 0x10,
      ...converter(1),
    },
    (a, _b, c) => multiplied((a - za) * (factorAt(c) - zb)),
    {
      memoryMore: { operand: { iova: at.operand, bytes: factors } },
      flips: { ew_channel_operand: ['refused'] },
    },
  ),
  form('LEAKY_RELU', { ...slope, 'DPU.BN_MUL_CFG': 3277 * 0x10000 }, (a) => sloped(a, 3277)),
  form('ABS', { ...slope, 'DPU.BN_MUL_CFG': 0xc0000000 }, (a) => sloped(a, -0x4000)),
  form(
    'PRELU',
    {
      ...slope,
      'DPU.BN_MUL_CFG': 1,
      'DPU_RDMA.RDMA_NRDMA_CFG': 8,
      'DPU_RDMA.RDMA_BN_BASE_ADDR': at.groups,
    },
    (a, _b, c) => sloped(a, alphas[c] ?? 0),
    {
      memoryMore: {
        groups: {
          iova: at.groups,
          /* as much again, for the other packing */
          bytes: Uint8Array.from({ length: odd.channels * 8 }, (_, i) =>
            i < odd.channels * 2
              ? (operandGroups(odd.channels, { multiply: (c) => alphas[c] ?? 0 })[i] ?? 0)
              : (i * 37) & 255,
          ),
          constant: true,
        },
      },
      flips: { bn_operand_packing: ['fixed_64'] },
    },
  ),
  form(
    'RELU',
    { 'DPU.BS_CFG': 0x20010, 'DPU.BS_ALU_CFG': -za, ...out(21000, 15, zy) },
    (a) => nearestEven((Math.max(0, a - za) * 21000) / 2 ** 15) + zy,
  ),
  form(
    'RELU6',
    { 'DPU.BS_CFG': 0x20090, 'DPU.BS_ALU_CFG': -za, 'DPU.BS_RELUX_CMP_VALUE': 77, ...out(21000, 15, zy) },
    (a) => nearestEven((Math.min(77, Math.max(0, a - za)) * 21000) / 2 ** 15) + zy,
  ),
  form(
    'a mask with multipliers of 0: BS times 0 or 1 and BN plus a constant, both from memory',
    {
      'DPU.BS_CFG': 0x20042,
      'DPU.BS_MUL_CFG': 1,
      'DPU.BN_CFG': 0x20150,
      'DPU_RDMA.RDMA_BRDMA_CFG': 8,
      'DPU_RDMA.RDMA_BS_BASE_ADDR': at.groups,
      'DPU_RDMA.RDMA_NRDMA_CFG': 2,
      'DPU_RDMA.RDMA_BN_BASE_ADDR': at.groups + 0x1000,
      ...out(1, 0, 0),
    },
    (a, _b, c) => (c % 5 === 2 ? -91 : a),
    {
      memoryMore: {
        groups: {
          iova: at.groups,
          bytes: operandGroups(odd.channels, { multiply: (c) => (c % 5 === 2 ? 0 : 1) }),
          constant: true,
        },
        addends: {
          iova: at.groups + 0x1000,
          bytes: operandGroups(odd.channels, { add: (c) => (c % 5 === 2 ? -91 : 0) }),
          constant: true,
        },
      },
      flips: { zero_multiplier: ['error'] },
    },
  ),
  form(
    'BN with a multiplier, an addend in units of the product and a shift',
    {
      'DPU.BN_CFG': 0x20040,
      'DPU.BN_ALU_CFG': 12345,
      'DPU.BN_MUL_CFG': 0x12340000 + (9 << 8),
      'DPU.DATA_FORMAT': 9 << 10,
      ...out(11111, 17, zy),
    },
    (a) => nearestEven((nearest((a * 0x1234 + 12345) / 512) * 11111) / 2 ** 17) + zy,
    { flips: { bn_order: ['add_multiply'] } },
  ),
];
