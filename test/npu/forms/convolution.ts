/** Convolutions as the vendor writes them, behind them what fits into the same task, and their inputs in other forms. */
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
  packDepthwise,
  packDirect,
  signed,
} from '../machine.js';
import { convolution, type ConvolutionShape } from '../layers.js';
import type { Settings } from '../program.js';
import { at, type Form, planeBytes, taskBytes } from './form.js';

const random = seededRandom(1203);
const byte = (): number => random.integer(0, 255);

interface Layer {
  readonly title: string;
  readonly shape: ConvolutionShape;
  readonly words: Settings;
  /** What the DPU makes of a sum of products. */
  readonly stages: (sum: number, kernel: number, c: { readonly y: number; readonly x: number }) => number;
  /** Byte of padding. */
  readonly pad?: number;
  /** Added to every weight of a kernel. */
  readonly offset?: (kernel: number) => number;
  readonly memory?: Readonly<Record<string, Memory>>;
  readonly restLanes?: number;
  readonly flips?: Form['flips'];
}

/** The shift that brings sums of so many full-range products, times a factor below 1 and 17001, into a byte. */
const shiftFor = (products: number): number => Math.round(Math.log2(17001 * Math.sqrt(products) * 55));

const layer = (one: Layer): Form => {
  const { title, shape, words, stages, pad = 0, offset = () => 0, memory = {}, flips = {} } = one;
  const plane = planeBytes(shape.outWidth, shape.outHeight);
  const written = align(shape.outChannels, shape.depthwise ? 64 : 32);
  const inputShape: CubeShape = { width: shape.width, height: shape.height, channels: align(shape.channels, 16) };
  const features = cubeBytes(inputShape, byte);
  const inside = cubeOf(inputShape, features);
  const input: Cube = (c, y, x) => (y < 0 || x < 0 || y >= shape.height || x >= shape.width ? pad : inside(c, y, x));
  const taps = shape.kernel * shape.kernel;
  const table = Int8Array.from({ length: (shape.depthwise ? 1 : shape.outChannels) * shape.channels * taps }, byte);
  const weight = (k: number, c: number, ky: number, kx: number): number =>
    table[((shape.depthwise ? 0 : k) * shape.channels + c) * taps + ky * shape.kernel + kx] ?? 0;
  const kernels = { ...shape, kernels: shape.outChannels, kernelHeight: shape.kernel, kernelWidth: shape.kernel };
  const { restLanes = align(shape.channels % 64, 16) } = one;
  const weights = shape.depthwise
    ? packDepthwise(kernels, (c, ky, kx) => weight(c, c, ky, kx), restLanes)
    : packDirect(kernels, weight, (k) => -offset(k)); // 0 with its offset
  const output: CubeShape = {
    width: shape.outWidth,
    height: shape.outHeight,
    channels: shape.outChannels,
    plane: plane / 16,
  };
  const sumOf = (k: number, y: number, x: number): number => {
    let sum = 0;
    for (let ky = 0; ky < shape.kernel; ky++)
      for (let kx = 0; kx < shape.kernel; kx++)
        for (let c = shape.depthwise ? k : 0; c < (shape.depthwise ? k + 1 : shape.channels); c++)
          sum +=
            input(c, y * shape.stride - shape.pad + ky, x * shape.stride - shape.pad + kx) *
            (weight(k, c, ky, kx) + offset(k));
    return sum;
  };
  const settings: Settings = {
    ...convolution(shape, { features: at.main, weights: at.weights, output: at.output }),
    'DPU.DST_SURF_STRIDE': plane,
    'DPU.SURFACE_ADD': plane * (shape.depthwise ? 4 : 2),
    'DPU.FEATURE_MODE_CFG': shape.depthwise ? 0x1fc : 0x1e4,
    'DPU_RDMA.RDMA_FEATURE_MODE_CFG': shape.depthwise ? 0x7816 : 0x7810,
    'DPU_RDMA.RDMA_WEIGHT': 0x01010101,
    'DPU.BN_CFG': 0x53,
    'DPU.EW_CFG': 0x383,
    ...(shape.depthwise && {
      'CNA.WEIGHT_SIZE0': weights.length,
      'CNA.WEIGHT_SIZE1': weights.length,
    }),
    ...words,
  };
  return {
    title,
    memory: {
      main: { iova: at.main, bytes: features },
      weights: { iova: at.weights, bytes: weights, constant: true },
      output: { iova: at.output, bytes: new Uint8Array((plane * written) / 16) },
      ...memory,
    },
    tasks: [taskBytes(settings, 'convolution')],
    output: { name: 'output', shape: output },
    expected: (k, y, x) => clamp(stages(sumOf(k, y, x), k, { y, x })),
    flips,
  };
};

const base: ConvolutionShape = {
  width: 12,
  height: 9,
  channels: 40,
  kernel: 3,
  stride: 1,
  pad: 1,
  outWidth: 12,
  outHeight: 9,
  outChannels: 24,
  depthwise: false,
};

const out = (scale: number, shift: number, offset: number): Settings => ({
  'DPU.OUT_CVT_OFFSET': offset,
  'DPU.OUT_CVT_SCALE': scale,
  'DPU.OUT_CVT_SHIFT': shift,
});
const outOf = (value: number, scale: number, shift: number, offset: number): number =>
  nearestEven((value * scale) / 2 ** shift) + offset;

const many = <T>(count: number, of: () => T): readonly T[] => Array.from({ length: count }, of);
const biases = many(512, () => random.integer(-20000, 20000));
const factors = many(512, () => random.integer(3000, 16384));
const offsets = many(512, () => random.integer(-20, 20));
const [bias, factor, weightOffset] = [biases, factors, offsets].map((list) => (c: number) => list[c] ?? 0) as [
  (c: number) => number,
  (c: number) => number,
  (c: number) => number,
];

/** A, B and C of all written channels; in the padding ones C is 0. */
const groupsOf = (shape: ConvolutionShape): Readonly<Record<string, Memory>> => ({
  groups: {
    iova: at.groups,
    bytes: operandGroups(align(shape.outChannels, shape.depthwise ? 64 : 32), {
      add: bias,
      offset: weightOffset,
      multiply: (c) => (c < shape.outChannels ? factor(c) : 0),
    }),
    constant: true,
  },
});

const perChannel = (shape: ConvolutionShape): Settings => ({
  'DPU.DATA_FORMAT': 0xe0,
  'DPU.BS_CFG': 0x20140,
  'DPU.BS_MUL_CFG': 0x0e01,
  'DPU.BS_OW_CFG': shape.depthwise ? 0x36d : 0x125,
  'DPU_RDMA.RDMA_BRDMA_CFG': 0xe,
  'DPU_RDMA.RDMA_BS_BASE_ADDR': at.groups,
  ...out(17001, shiftFor(shape.depthwise ? 9 : 9 * shape.channels), -3),
});
const scaled = (sum: number, c: number): number => nearest(((sum + bias(c)) * factor(c)) / 2 ** 14);
const outOfLayer = (shape: ConvolutionShape, value: number): number =>
  outOf(value, 17001, shiftFor(shape.depthwise ? 9 : 9 * shape.channels), -3);

const depthwise = (channels: number): ConvolutionShape => ({
  ...base,
  channels,
  outChannels: channels,
  depthwise: true,
});

const inPerChannel = (title: string, shape: ConvolutionShape, more: Settings, rest: Partial<Layer> = {}): Form =>
  layer({
    title,
    shape,
    words: { ...perChannel(shape), 'CNA.PAD_CON1': shape.depthwise ? 0xffff8080 : 0xffffff80, ...more },
    pad: -128,
    offset: weightOffset,
    memory: groupsOf(shape),
    stages: (sum, c) => outOfLayer(shape, scaled(sum, c)),
    ...rest,
  });

/** A second operand as the vendor's fused ADD reads it: even surfaces through MRDMA, odd ones through ERDMA. */
const fused = (shape: ConvolutionShape): { readonly words: Settings; readonly map: Cube; readonly memory: Memory } => {
  const plane = planeBytes(shape.outWidth, shape.outHeight);
  const notch = 2 * plane - shape.outWidth * shape.outHeight * 16;
  const cube: CubeShape = {
    width: shape.outWidth,
    height: shape.outHeight,
    channels: align(shape.outChannels, 32),
    plane: plane / 16,
  };
  const bytes = cubeBytes(cube, byte);
  return {
    words: {
      'DPU_RDMA.RDMA_ERDMA_CFG': 0x40000004,
      'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7d00,
      'DPU_RDMA.RDMA_SRC_BASE_ADDR': at.operand,
      'DPU_RDMA.RDMA_EW_BASE_ADDR': at.operand + plane,
      'DPU_RDMA.RDMA_EW_SURF_STRIDE': plane,
      'DPU_RDMA.RDMA_SURF_NOTCH': notch,
      'DPU_RDMA.RDMA_EW_SURF_NOTCH': notch,
    },
    map: cubeOf(cube, bytes),
    memory: { iova: at.operand, bytes },
  };
};

const seven: ConvolutionShape = { ...base, width: 7, height: 7, outWidth: 7, outHeight: 7 };
const sevenMap = fused(seven);
const small: ConvolutionShape = { ...base, width: 2, height: 3, outWidth: 2, outHeight: 3 };
const smallMap = fused(small);
const pixel: ConvolutionShape = { ...base, width: 1, height: 1, kernel: 1, pad: 0, outWidth: 1, outHeight: 1 };
const pixelOperand = Uint8Array.from({ length: 32 }, byte);
const zb = 11;
const added: Settings = {
  'DPU.EW_CVT_OFFSET_VALUE': -zb,
  'DPU.EW_CVT_SCALE_VALUE': 0x2f31 + (3 << 16),
};
const operandOf = (value: number): number => nearestEven(((value - zb) * 0x2f31) / 8);

export const convolutionForms: readonly Form[] = [
  inPerChannel('conv, per-channel: products of more than 32 bits', base, out(17001, shiftFor(360) + 2, -3), {
    stages: (sum, c) => outOf(scaled(sum, c), 17001, shiftFor(360) + 2, -3),
    flips: { mul_product_width: ['int32'] },
  }),
  inPerChannel('conv, per-channel', base, {}, { flips: { direct_pad_lanes: ['parity'] } }),
  inPerChannel(
    'conv, per-channel, 25 of 32 channels: C is 0 beside real channels',
    { ...base, outChannels: 25 },
    {},
    { flips: { zero_multiplier: ['error'] } },
  ),
  inPerChannel(
    'conv with ReLU',
    base,
    { 'DPU.BN_CFG': 0x12 },
    {
      stages: (sum, c) => outOfLayer(base, Math.max(0, scaled(sum, c))),
    },
  ),
  inPerChannel(
    'conv with ReLU6',
    base,
    { 'DPU.BN_CFG': 0x92, 'DPU.BN_RELUX_CMP_VALUE': 30000 },
    {
      stages: (sum, c) => outOfLayer(base, Math.min(30000, Math.max(0, scaled(sum, c)))),
    },
  ),
  layer({
    title: 'conv, uint8 per-tensor: one weight offset in a register',
    shape: base,
    words: {
      'DPU.BS_CFG': 0x20150,
      'DPU.BS_OW_CFG': 0x124,
      'DPU.BS_OW_OP': -13 & 0xffff,
      'DPU_RDMA.RDMA_BRDMA_CFG': 2,
      'DPU_RDMA.RDMA_BS_BASE_ADDR': at.groups,
      'CNA.PAD_CON1': 0x3,
      ...out(17001, shiftFor(360), 9),
    },
    pad: 3,
    offset: () => -13,
    memory: { groups: { iova: at.groups, bytes: operandGroups(32, { add: bias }), constant: true } },
    stages: (sum, c) => outOf(sum + bias(c), 17001, shiftFor(360), 9),
  }),
  inPerChannel(
    'conv: channels counted from the last group of 64, 3 rows at a time',
    { ...base, channels: 96 },
    {
      'CNA.DATA_SIZE1': 0x1f0060,
      'CNA.CONV_CON2': 3 << 4,
    },
  ),
  inPerChannel('depthwise', depthwise(64), {}),
  ...[48, 112].map((channels) =>
    inPerChannel(
      `depthwise of ${channels} channels: the last 48 on 64 lanes`,
      depthwise(channels),
      {},
      { restLanes: 64, flips: { depthwise_operand_group: ['fixed_48'] } },
    ),
  ),
  inPerChannel(
    'depthwise of 48 channels, as Mesa has them',
    depthwise(48),
    {},
    { restLanes: 48, flips: { depthwise_rest_lanes: ['whole_64'] } },
  ),
  inPerChannel(
    'conv + ADD on planes of 49 pixels in 52 atoms',
    seven,
    {
      ...sevenMap.words,
      ...added,
      'DPU.BN_CFG': 0x12,
      'DPU.EW_CFG': 0x904202c0,
    },
    {
      memory: { ...groupsOf(seven), operand: sevenMap.memory },
      stages: (sum, c, { y, x }) => outOfLayer(seven, Math.max(0, scaled(sum, c)) + operandOf(sevenMap.map(c, y, x))),
    },
  ),
  inPerChannel(
    'conv + ADD on planes of 6 pixels',
    small,
    { ...smallMap.words, ...added, 'DPU.EW_CFG': 0x904202c0 },
    {
      memory: { ...groupsOf(small), operand: smallMap.memory },
      stages: (sum, c, { y, x }) => outOfLayer(small, scaled(sum, c) + operandOf(smallMap.map(c, y, x))),
      flips: { ew_small_planes: ['refused'] },
    },
  ),
  inPerChannel(
    'conv + ADD on one pixel: an operand for each channel',
    pixel,
    {
      ...added,
      'DPU.EW_CFG': 0x804202c0,
      'DPU_RDMA.RDMA_ERDMA_CFG': 4,
      'DPU_RDMA.RDMA_EW_BASE_ADDR': at.operand,
      'DPU_RDMA.RDMA_EW_SURF_STRIDE': 0x10,
    },
    {
      memory: { ...groupsOf(pixel), operand: { iova: at.operand, bytes: pixelOperand } },
      stages: (sum, c) => outOfLayer(pixel, scaled(sum, c) + operandOf(signed(pixelOperand[c]))),
    },
  ),
  inPerChannel(
    'conv * map',
    seven,
    {
      ...sevenMap.words,
      'DPU.EW_CFG': 0x904002c4,
      'DPU.EW_CVT_OFFSET_VALUE': -zb,
      'DPU.EW_CVT_SCALE_VALUE': 1,
      ...out(17001, shiftFor(360) + 6, -3),
    },
    {
      memory: { ...groupsOf(seven), operand: sevenMap.memory },
      stages: (sum, c, { y, x }) => outOf(scaled(sum, c) * (sevenMap.map(c, y, x) - zb), 17001, shiftFor(360) + 6, -3),
    },
  ),
  inPerChannel(
    'conv with LEAKY_RELU behind it: no shift for what is 0 and more, slopes in units of 2^-14',
    { ...base, channels: 8, kernel: 1, pad: 0 },
    {
      'DPU.BS_CFG': 0x20140,
      'DPU.BS_MUL_CFG': 0x0001,
      'DPU.BN_CFG': 0x62,
      'DPU.BN_MUL_CFG': 1234 << 16,
      ...out(17001, 35, -3),
    },
    {
      stages: (sum, c) => {
        const product = (sum + bias(c)) * factor(c);
        return outOf(product < 0 ? nearest(product / 2 ** 14) * 1234 : Math.min(product, 2 ** 31 - 1), 17001, 35, -3);
      },
    },
  ),
];
