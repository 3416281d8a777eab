import { activation, type OpName, type OpSpec, padding, writeTflite } from '../../host/tflite_writer.js';
import { Builder } from '../../ops/builder.js';

/**
 * Op forms as the vendor's compiler (2.5.0, RK3588, int8) writes them, beside the models that make our compiler write the
 * same. Register words as facts; what of ours differs stands with the reason.
 */
export interface Difference {
  readonly ours: number;
  readonly why: string;
}

export interface VendorForm {
  readonly title: string;
  readonly model: Uint8Array;
  readonly trust?: 'seen';
  /** Position of the task in ours. */
  readonly task?: number;
  readonly tasks: number;
  /** Offset of a register -> the vendor's word. */
  readonly words: Readonly<Record<string, number>>;
  /** Offset of a register -> what ours holds instead. */
  readonly differences?: Readonly<Record<string, Difference>>;
}

const [height, width] = [6, 5];
/** Planes stand on 4 atoms: 30 are 32. */
const plane = 32;
const zero = -7;

const conv = (
  b: Builder,
  input: number,
  [channels, outputs]: readonly [number, number],
  {
    depthwise = false,
    perChannel = false,
    activate = 'none' as keyof typeof activation,
    uint8 = false,
    scale = 0.003,
  } = {},
): number => {
  const type = uint8 ? 'uint8' : 'int8';
  const scales = Array.from({ length: perChannel ? outputs : 1 }, (_, c) => Math.fround(scale * (1 + (c % 5))));
  const filter = b.tensor({
    type,
    shape: depthwise ? [1, 3, 3, outputs] : [outputs, 3, 3, channels],
    scale: scales,
    zeroPoint: scales.map(() => (uint8 ? 131 : 0)),
    quantizedDimension: depthwise ? 3 : 0,
    data: Uint8Array.from({ length: 9 * outputs * (depthwise ? 1 : channels) }, () => b.random.integer(0, 255)),
  });
  const output = b.map(type, [1, height, width, outputs], 0.07, activate === 'none' ? 5 : uint8 ? 0 : -128);
  const fields = { padding: padding.same, strideW: 1, strideH: 1, activation: activation[activate] };
  b.op({
    op: depthwise ? 'DEPTHWISE_CONV_2D' : 'CONV_2D',
    version: 3,
    inputs: [input, filter],
    outputs: [output],
    options: depthwise
      ? { type: 'DepthwiseConv2DOptions', fields: { ...fields, depthMultiplier: 1 } }
      : { type: 'Conv2DOptions', fields },
  });
  return output;
};

const built = (make: (b: Builder) => number): Uint8Array => {
  const b = new Builder(1);
  const output = make(b);
  return writeTflite(b.model('', [output]).spec);
};

const map = (b: Builder, channels = 32, scale = 0.05): number =>
  b.input('int8', [1, height, width, channels], scale, zero);

const single = (channels: number, choice: Parameters<typeof conv>[3] = {}): Uint8Array =>
  built((b) =>
    conv(
      b,
      choice.uint8 === true ? b.input('uint8', [1, height, width, channels], 0.05, 121) : map(b, channels),
      [channels, 32],
      choice,
    ),
  );

const pair = (op: OpName, options: OpSpec['options'], second: readonly number[] = [1, height, width, 32]): Uint8Array =>
  built((b) => {
    const inputs = [map(b), b.input('int8', second, 0.05, zero)];
    const sameCodes = op === 'MAXIMUM';
    const output = b.map('int8', [1, height, width, 32], sameCodes ? 0.05 : 0.09, sameCodes ? zero : 3);
    b.op({ op, version: 2, inputs, outputs: [output], ...(options === undefined ? {} : { options }) });
    return output;
  });

const unary = (op: OpName): Uint8Array =>
  built((b) => {
    const output = b.map('int8', [1, height, width, 32], 1 / 256, -128);
    b.op({ op, version: 2, inputs: [map(b)], outputs: [output] });
    return output;
  });

const transposed = (side: number): Uint8Array =>
  built((b) => {
    const filter = b.tensor({
      type: 'int8',
      shape: [32, side, side, 16],
      scale: [0.004],
      zeroPoint: [0],
      data: Uint8Array.from({ length: 32 * side * side * 16 }, () => b.random.integer(0, 255)),
    });
    const shape = [1, 2 * height, 2 * width, 32];
    const output = b.map('int8', shape, 0.08, 4);
    b.op({
      op: 'TRANSPOSE_CONV',
      version: 2,
      inputs: [b.ints(shape), filter, map(b, 16)],
      outputs: [output],
      options: { type: 'TransposeConvOptions', fields: { padding: padding.same, strideH: 2, strideW: 2 } },
    });
    return output;
  });

/** A slope of 0.1, or of another value for each channel. */
const sloped = (op: 'LEAKY_RELU' | 'PRELU' | 'ABS', scale = 0.05): Uint8Array =>
  built((b) => {
    const input = map(b);
    const alphas = Uint8Array.from({ length: 32 }, (_, c) => (c * 37) & 0xff);
    const inputs = op === 'PRELU' ? [input, b.constant('int8', [1, 1, 32], 0.004, 0, alphas)] : [input];
    const output = b.map('int8', [1, height, width, 32], scale, zero);
    const options = { type: 'LeakyReluOptions', fields: { alpha: 0.1 } } as const;
    b.op({ op, version: 2, inputs, outputs: [output], ...(op === 'LEAKY_RELU' ? { options } : {}) });
    return output;
  });

const doubled = (channels: number): Uint8Array =>
  built((b) => {
    const output = b.map('int8', [1, 2 * height, 2 * width, channels], 0.05, zero);
    b.op({
      op: 'RESIZE_NEAREST_NEIGHBOR',
      version: 2,
      inputs: [map(b, channels), b.ints([2 * height, 2 * width])],
      outputs: [output],
      options: { type: 'ResizeNearestNeighborOptions', fields: { alignCorners: false, halfPixelCenters: true } },
    });
    return output;
  });

const activationFields = { activation: activation.none };
/** All tasks without a convolution. */
const flying = {
  'DPU.FEATURE_MODE_CFG': 0x1e5,
  'DPU.BS_OW_CFG': 0x2,
  'DPU.DST_SURF_STRIDE': plane << 4,
  'DPU.SURFACE_ADD': plane << 4,
  'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7801,
} as const;
const pingPong = { 'DPU.S_POINTER': 0xe, 'DPU_RDMA.RDMA_S_POINTER': 0xe } as const;
const noOperand = { 'DPU.EW_CFG': 0x383, 'DPU_RDMA.RDMA_ERDMA_CFG': 1 } as const;
const maps = { 'DPU_RDMA.RDMA_ERDMA_CFG': 0x40000004, 'DPU_RDMA.RDMA_EW_SURF_STRIDE': plane << 4 } as const;
const weights = { 'DPU_RDMA.RDMA_WEIGHT': 0x01010101 } as const;

const direct = {
  ...pingPong,
  ...noOperand,
  ...weights,
  'CNA.CONV_CON1': 0,
  'CORE.MISC_CFG': 1,
  'DPU.FEATURE_MODE_CFG': 0x1e4,
  'DPU.DST_SURF_STRIDE': plane << 4,
  'DPU.SURFACE_ADD': (2 * plane) << 4,
  'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7810,
} as const;
const depthwise = {
  ...direct,
  'CNA.CONV_CON1': 3,
  'CORE.MISC_CFG': 3,
  'DPU.FEATURE_MODE_CFG': 0x1fc,
  'DPU.SURFACE_ADD': (4 * plane) << 4,
  'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7816,
} as const;

/** LEAKY_RELU, PRELU and ABS. */
const slope = {
  ...flying,
  ...pingPong,
  ...weights,
  'DPU.BS_CFG': 0x20040,
  'DPU.BS_ALU_CFG': -zero,
  'DPU.BN_CFG': 0x62,
};
const onGrid =
  'below zero BS rounds to the grid on which TFLite rounds first, and OUT_CVT then as TFLite; the vendor rounds once';

const twoRoundings =
  'TFLite rounds twice: BN takes a part of the multiplier; the vendor rounds once, and is a count off';

export const vendorForms: readonly VendorForm[] = [
  {
    title: 'convolution, a multiplier for each channel, trust=seen',
    model: single(24, { perChannel: true }),
    trust: 'seen',
    tasks: 1,
    words: {
      ...direct,
      'DPU.DATA_FORMAT': 0xe0,
      'DPU.BS_CFG': 0x20140,
      'DPU.BS_MUL_CFG': 0xe01,
      'DPU.BS_OW_CFG': 0x125,
      'DPU.BN_CFG': 0x53,
      'DPU_RDMA.RDMA_BRDMA_CFG': 0xe,
    },
  },
  {
    title: 'convolution, one multiplier, uint8, trust=seen',
    model: single(24, { uint8: true }),
    trust: 'seen',
    tasks: 1,
    words: {
      ...direct,
      'DPU.DATA_FORMAT': 0,
      'DPU.BS_CFG': 0x20150,
      'DPU.BS_OW_CFG': 0x124,
      'DPU.BS_OW_OP': 0xfffd,
      'DPU.BN_CFG': 0x53,
      'DPU_RDMA.RDMA_BRDMA_CFG': 0x2,
    },
  },
  {
    title: 'depthwise convolution, uint8, trust=seen',
    model: single(32, { depthwise: true, uint8: true }),
    trust: 'seen',
    tasks: 1,
    words: { ...depthwise, 'DPU.BS_CFG': 0x20150, 'DPU.BS_OW_CFG': 0x36c, 'DPU_RDMA.RDMA_BRDMA_CFG': 0x2 },
  },
  {
    title: 'convolution with ReLU, a multiplier for each channel',
    model: single(24, { perChannel: true, activate: 'relu' }),
    tasks: 1,
    words: {
      ...direct,
      'DPU.BS_CFG': 0x20140,
      'DPU.BS_OW_CFG': 0x125,
      'DPU.BN_CFG': 0x12,
      'DPU_RDMA.RDMA_BRDMA_CFG': 0xe,
      'DPU_RDMA.RDMA_NRDMA_CFG': 0,
    },
    differences: {
      'DPU.BN_CFG': { ours: 0x20140, why: `${twoRoundings}; with the zero-point at -128 saturation is the ReLU` },
      'DPU_RDMA.RDMA_NRDMA_CFG': { ours: 0xa, why: twoRoundings },
    },
  },
  {
    title: 'depthwise convolution, a multiplier for each channel',
    model: single(32, { depthwise: true, perChannel: true, activate: 'relu' }),
    tasks: 1,
    words: { ...depthwise, 'DPU.BS_CFG': 0x20140, 'DPU.BS_OW_CFG': 0x36d, 'DPU_RDMA.RDMA_BRDMA_CFG': 0xe },
  },
  {
    title: 'convolution + ADD',
    model: built((b) => {
      const input = map(b);
      const output = b.map('int8', [1, height, width, 32], 0.1137, 3);
      const inner = conv(b, input, [32, 32], { scale: 0.004 });
      b.op({
        op: 'ADD',
        version: 2,
        inputs: [inner, input],
        outputs: [output],
        options: { type: 'AddOptions', fields: activationFields },
      });
      return output;
    }),
    tasks: 1,
    words: {
      ...direct,
      'DPU.EW_CFG': 0x904202c0,
      'DPU.EW_CVT_OFFSET_VALUE': -zero,
      'DPU_RDMA.RDMA_ERDMA_CFG': 0x40000004,
      'DPU_RDMA.RDMA_FEATURE_MODE_CFG': 0x7d00,
      'DPU_RDMA.RDMA_SURF_NOTCH': (2 * plane - height * width) << 4,
      'DPU_RDMA.RDMA_EW_SURF_NOTCH': (2 * plane - height * width) << 4,
    },
  },
  {
    title: 'ADD',
    model: pair('ADD', { type: 'AddOptions', fields: activationFields }),
    tasks: 1,
    words: {
      ...flying,
      ...pingPong,
      ...maps,
      ...weights,
      'DPU.BS_CFG': 0x20040,
      'DPU.BS_ALU_CFG': -zero,
      'DPU.BN_CFG': 0x53,
      'DPU.EW_CFG': 0x904202c0,
      'DPU.EW_CVT_OFFSET_VALUE': -zero,
      'DPU_RDMA.RDMA_SURF_NOTCH': (plane - height * width) << 4,
      'DPU_RDMA.RDMA_EW_SURF_NOTCH': (plane - height * width) << 4,
    },
  },
  {
    title: 'ADD with ReLU',
    model: pair('ADD', { type: 'AddOptions', fields: { activation: activation.relu } }),
    tasks: 1,
    words: { ...flying, ...pingPong, ...maps, 'DPU.EW_CFG': 0x904200c0 },
  },
  {
    title: 'SUB, an ADD whose scale is negative',
    model: pair('SUB', { type: 'SubOptions', fields: activationFields }),
    tasks: 1,
    words: { ...flying, ...pingPong, ...maps, 'DPU.BS_CFG': 0x20040, 'DPU.EW_CFG': 0x904202c0 },
  },
  {
    title: 'MAXIMUM',
    model: pair('MAXIMUM', undefined),
    tasks: 1,
    words: {
      ...flying,
      ...pingPong,
      ...maps,
      'DPU.BS_CFG': 0x20040,
      'DPU.EW_CFG': 0x904002c0,
      'DPU.EW_CVT_SCALE_VALUE': 0x4000,
      'DPU.OUT_CVT_SCALE': 0x4000,
    },
    differences: {
      'DPU.BS_CFG': { ours: 0x53, why: 'the codes are compared as they are: no multiplier, nothing to round' },
      'DPU.EW_CVT_SCALE_VALUE': { ours: 1, why: 'as BS' },
      'DPU.OUT_CVT_SCALE': { ours: 1, why: 'as BS' },
    },
  },
  {
    title: 'MUL of two maps',
    model: pair('MUL', { type: 'MulOptions', fields: activationFields }),
    tasks: 1,
    words: {
      ...flying,
      ...pingPong,
      ...maps,
      'DPU.BS_CFG': 0x20050,
      'DPU.EW_CFG': 0x904002c4,
      'DPU.EW_CVT_OFFSET_VALUE': -zero,
    },
    differences: {
      'DPU.BS_CFG': { ours: 0x20040, why: 'BS multiplies: EW then rounds on the grid on which TFLite rounds first' },
    },
  },
  {
    title: 'MUL by one value for each channel',
    model: pair('MUL', { type: 'MulOptions', fields: activationFields }, [1, 1, 1, 32]),
    tasks: 1,
    words: {
      ...flying,
      ...pingPong,
      'DPU.BS_CFG': 0x20050,
      'DPU.EW_CFG': 0x804002c4,
      'DPU.EW_CVT_OFFSET_VALUE': -zero,
      'DPU_RDMA.RDMA_ERDMA_CFG': 0x4,
      'DPU_RDMA.RDMA_EW_SURF_STRIDE': 0x10,
    },
    differences: {
      'DPU.BS_CFG': { ours: 0x20040, why: 'BS multiplies: EW then rounds on the grid on which TFLite rounds first' },
    },
  },
  {
    title: 'LEAKY_RELU: BN as PReLU, of x in units of 2^-14 from zero up',
    model: sloped('LEAKY_RELU'),
    tasks: 1,
    words: { ...slope, 'DPU.BS_MUL_CFG': 0x40000000, 'DPU.DATA_FORMAT': 0xe0 },
  },
  {
    title: 'LEAKY_RELU to another scale',
    model: sloped('LEAKY_RELU', 0.043),
    tasks: 1,
    words: { ...slope, 'DPU.BS_MUL_CFG': 0x40000000, 'DPU.DATA_FORMAT': 0xe0 },
    differences: {
      'DPU.BS_MUL_CFG': { ours: 30482 << 16, why: onGrid },
      'DPU.DATA_FORMAT': { ours: 0xf0, why: onGrid },
    },
  },
  {
    title: 'PRELU with an alpha for each channel',
    model: sloped('PRELU'),
    tasks: 1,
    words: {
      ...slope,
      'DPU.BS_MUL_CFG': 0x40000000,
      'DPU.DATA_FORMAT': 0xe0,
      'DPU.BN_MUL_CFG': 1,
      'DPU_RDMA.RDMA_NRDMA_CFG': 8,
      ...noOperand,
    },
  },
  {
    title: 'ABS: PReLU by -1',
    model: sloped('ABS'),
    tasks: 1,
    words: { ...slope, 'DPU.BS_MUL_CFG': 0x40000000, 'DPU.DATA_FORMAT': 0xe0, 'DPU.BN_MUL_CFG': 0xc0000000 },
  },
  {
    title: 'a table, loaded by a task of its own',
    model: unary('LOGISTIC'),
    task: 0,
    tasks: 3,
    words: {
      ...flying,
      ...pingPong,
      ...noOperand,
      'DPU.BS_CFG': 0x53,
      'DPU.BN_CFG': 0x53,
      'DPU.DATA_CUBE_WIDTH': 0,
      'DPU.DATA_CUBE_HEIGHT': 0,
      'DPU.LUT_ACCESS_CFG': 0x30000,
    },
  },
  {
    title: 'a table, the task that reads it',
    model: unary('LOGISTIC'),
    task: 1,
    // The third one shows that the job ended.
    tasks: 3,
    words: {
      ...flying,
      'DPU.S_POINTER': 0x30,
      'DPU_RDMA.RDMA_S_POINTER': 0x30,
      'DPU.BN_CFG': 0x20040,
      'DPU.EW_CFG': 0x302,
      'DPU.LUT_CFG': 0x68,
      'DPU.LUT_INFO': 0x50500,
      'DPU.LUT_LE_START': -0x4000,
      'DPU.LUT_LE_END': 0,
      'DPU.LUT_LO_START': 0,
      'DPU.LUT_LO_END': 0x4000,
    },
    differences: {
      'DPU.BN_CFG': {
        ours: 0x53,
        why: 'each code has an entry of its own: BS multiplies by the step, there is no index scale',
      },
    },
  },
  {
    title: 'a copy by the DPU alone',
    model: built((b) => {
      const output = b.map('int8', [1, height, width, 64], 0.05, zero);
      b.op({
        op: 'CONCATENATION',
        version: 2,
        inputs: [map(b), b.inputs[0] ?? -1],
        outputs: [output],
        options: { type: 'ConcatenationOptions', fields: { axis: 3, activation: 0 } },
      });
      return output;
    }),
    tasks: 1,
    words: { ...flying, ...pingPong, ...noOperand, 'DPU.BS_CFG': 0x53, 'DPU.BN_CFG': 0x53 },
  },
  {
    title: 'RESIZE_NEAREST_NEIGHBOR by 2: unpooling, a task for 16 channels',
    model: doubled(16),
    tasks: 1,
    words: {
      ...pingPong,
      ...noOperand,
      'DPU.FEATURE_MODE_CFG': 0x1e5,
      'DPU.BS_OW_CFG': 0x2,
      'DPU.DATA_FORMAT': 0x04000000,
      'DPU.DATA_CUBE_NOTCH_ADDR': 2 * width * 0x10001,
      'DPU.DST_SURF_STRIDE': (2 * width) << 4,
      'DPU.SURFACE_ADD': (2 * width) << 4,
      'DPU.BS_CFG': 0x53,
      'DPU.BN_CFG': 0x53,
      'DPU_RDMA.RDMA_SRC_DMA_CFG': 0x1249,
    },
  },
  ...[2, 3, 4].map((side): VendorForm => ({
    title: `TRANSPOSE_CONV ${side}x${side} by 2`,
    model: transposed(side),
    tasks: 1,
    words: {
      'CNA.CONV_CON1': 0x10000,
      'CNA.CONV_CON3': 0x909,
      // The kernel less one, less what TFLite takes off in front.
      'CNA.PAD_CON0': (side - 1 - Math.floor((side - 2) / 2)) * 0x11,
      'CNA.DATA_SIZE0': (width << 16) | height,
      'CNA.DATA_SIZE2': 2 * width,
      'CNA.DATA_SIZE3': 4 * width * height,
    },
  })),
];

/** Forms that the vendor's compiler has and ours does not write. */
export const notWritten: Readonly<Record<string, string>> = {
  'LEAKY_RELU, PRELU, ABS to more than twice the scale':
    'TFLite rounds twice from zero up as well, where OUT_CVT rounds once; what some code would differ by is a table, or a difference of two convolutions',
  'LEAKY_RELU, PRELU, ABS and tables in the task of the convolution before them':
    'TFLite stores a byte between them. BS alone, with one rounding for two, misses it on 0.04 to 2 % of the sums (383 convolutions of both signs, half of them over 0.13 %), and behind BN, which could round a second time, there is no factor left for a slope or the step of a table',
  'AVERAGE_POOL_2D and MAX_POOL_2D on the PPU': 'the stock kernel ends a job at an interrupt of the DPU alone',
  'fp16 for softmax and conversions': 'TFLite calculates them otherwise',
};
