/**
 * Registers of the RK3576, as far as they are known: for reading the vendor's programs, not for writing any. The blocks are
 * the RK3588's, packed another way. `measured`: named by measurements of RK3576 boards (rocket-userspace). `followed`: the
 * field follows the layer's geometry in every vendor program at hand (test/lab/stream/vendor.test.ts repeats that check).
 */
import { type AnyBlock, type Field, field, type Register, signedField } from './register.js';

const sources = {
  measured: 'rocket-userspace: measured on RK3576 boards, read from 206 vendor programs',
  followed: "follows the layer's geometry in all 158 vendor programs at hand",
} as const;

const registersOf =
  (block: AnyBlock, source: keyof typeof sources) =>
  (
    entries: readonly (readonly [offset: number, name: string, fields: readonly Field[], address?: true])[],
  ): readonly Register[] =>
    entries.map(([offset, name, fields, address]) => ({
      block,
      name,
      offset,
      fields,
      tag: 'driver',
      source: sources[source],
      ...(address === undefined ? {} : { address }),
    }));

const pingPong = [field('POINTER_PP_EN', 1, 1), field('EXECUTER_PP_EN', 2, 2), field('POINTER_PP_MODE', 3, 3)] as const;

const cnaMeasured = registersOf(
  'CNA',
  'measured',
)([
  [
    0x100c,
    'CONV_CON1',
    [
      field('DEPTHWISE', 0, 0),
      field('IN_PRECISION', 6, 4, 'as RK3588'),
      field('PROC_PRECISION', 9, 7, 'as RK3588'),
      field('ARGB_IN', 15, 12, 'as RK3588'),
      field('FLOAT', 21, 21),
      field('GROUP_LINE_OFF', 29, 29, 'pixel input'),
    ],
  ],
  [0x1010, 'CONV_CON2', [field('FEATURE_GRAINS', 11, 0, 'always FFF')]],
  [0x1014, 'CONV_CON3', [field('CONV_X_STRIDE', 2, 0), field('CONV_Y_STRIDE', 5, 3)]],
  [0x1018, 'WINDOW', [field('WINDOW', 31, 0, 'format and window')]],
  [0x101c, 'WEIGHT_SIZE0', [field('WEIGHT_BYTES', 31, 0)]],
  [0x1020, 'WEIGHT_ELEMENTS', [field('WEIGHT_ELEMENTS', 31, 0, 'of one kernel; depthwise: of all')]],
  [
    0x1024,
    'WEIGHT_SIZE2',
    [
      field('WEIGHT_KERNELS', 15, 0, 'minus 1; depthwise: of one group'),
      field('WEIGHT_HEIGHT', 23, 16, 'minus 1'),
      field('WEIGHT_WIDTH', 31, 24, 'minus 1'),
    ],
  ],
  [0x1028, 'DATA_SIZE1', [field('DATAIN_CHANNEL', 15, 0, 'minus 1'), field('SURFACE_ROWS', 31, 16, 'surfaces * rows')]],
  [0x102c, 'DATA_SIZE0', [field('DATAIN_HEIGHT', 15, 0, 'minus 1'), field('DATAIN_WIDTH', 31, 16, 'minus 1')]],
  [
    0x1030,
    'DATA_SIZE2',
    [
      field('DATAOUT_WIDTH', 15, 0, 'minus 1'),
      field('WEIGHT_BYTES_PER_KERNEL', 31, 16, 'depthwise: of one channel group'),
    ],
  ],
  [0x1034, 'DATA_SIZE3', [field('DATAOUT_ATOMICS', 31, 0, 'minus 1')]],
  [0x1038, 'TASK', [field('TASK', 31, 0, '7 for one task')]],
  [0x103c, 'CBUF_WINDOW', [field('WINDOW_BASE', 15, 0), field('DATA_ENTRIES', 31, 16)]],
  [0x1040, 'CBUF_CON0', [field('FETCH_BASE', 15, 0), field('ALLOWANCE', 27, 16), field('MODE', 31, 28)]],
  [0x1044, 'CBUF_CON1', [field('DATA_ENTRIES', 15, 0, '64-byte units per row'), field('DATAIN_WIDTH', 31, 16)]],
  [
    0x1048,
    'CVT_CON0',
    [field('CVT_BYPASS', 0, 0), field('CVT_TYPE', 1, 1), field('DATA_SIGN', 3, 3), field('CVT_TRUNCATE', 27, 4)],
  ],
  [0x104c, 'CVT_SCALE0', [field('CVT_SCALE0', 15, 0), field('CVT_SCALE1', 31, 16)]],
  [0x1050, 'CVT_SCALE1', [field('CVT_SCALE2', 15, 0), field('CVT_SCALE3', 31, 16)]],
  [0x1054, 'CVT_OFFSET0', [signedField('CVT_OFFSET0', 31, 0)]],
  [0x1058, 'CVT_OFFSET1', [signedField('CVT_OFFSET1', 31, 0)]],
  [0x105c, 'CVT_OFFSET2', [signedField('CVT_OFFSET2', 31, 0)]],
  [0x1084, 'PAD_CON1', [field('PAD_VALUE', 31, 0)]],
  [0x1088, 'FEATURE_DATA_ADDR', [field('FEATURE_BASE_ADDR', 31, 0)], true],
  [0x108c, 'DMA_CON0', [field('DATA_BURST_LEN', 3, 0), field('WEIGHT_BURST_LEN', 19, 16)]],
  [0x1090, 'DMA_CON1', [field('LINE_STRIDE', 31, 0)]],
  [0x1094, 'DMA_CON2', [field('SURF_STRIDE', 31, 0, 'of the whole plane')]],
  [0x1110, 'DCOMP_ADDR0', [field('DECOMPRESS_ADDR0', 31, 0)], true],
]);

const cnaFollowed = registersOf(
  'CNA',
  'followed',
)([
  [0x1004, 'S_POINTER', pingPong],
  [0x1080, 'PAD_CON0', [field('PAD_TOP', 7, 0), field('PAD_LEFT', 15, 8), field('PAD_END', 31, 16)]],
]);

const core = registersOf(
  'CORE',
  'followed',
)([
  [0x3004, 'S_POINTER', pingPong],
  [0x301c, 'DATAOUT_SIZE_0', [field('DATAOUT_WIDTH', 15, 0, 'minus 1'), field('DATAOUT_HEIGHT', 31, 16, 'minus 1')]],
  [0x3020, 'DATAOUT_SIZE_1', [field('DATAOUT_CHANNEL', 15, 0, 'minus 1')]],
]);

const dpuMeasured = registersOf(
  'DPU',
  'measured',
)([
  [
    0x4010,
    'DATA_FORMAT',
    [field('PROC_PRECISION', 2, 0), field('IN_PRECISION', 28, 26), field('OUT_PRECISION', 31, 29)],
  ],
  [0x4038, 'FORMAT', [field('KIND', 15, 0, '80 integer, 92 float'), field('UNNAMED', 31, 16, 'not 0')]],
  [0x4050, 'BS_OW_CFG', [field('OW_CFG', 30, 0), field('BIT_31', 31, 31, 'clear in float programs')]],
  [0x40a4, 'OUT_CLAMP_MIN', [signedField('OUT_CLAMP_MIN', 31, 0)]],
  [0x40a8, 'OUT_CLAMP_MAX', [signedField('OUT_CLAMP_MAX', 31, 0)]],
  [0x40b0, 'OUT_CVT_SCALE', [signedField('OUT_CVT_SCALE', 15, 0), field('FP32TOFP16_EN', 16, 16)]],
  [0x40b8, 'SURFACE_ADD', [field('SURF_ADD', 31, 0, 'from the end of a window to the next channel group')]],
  [0x40d0, 'MODE', [field('MODE', 31, 0, 'always 0040FFFF')]],
]);

const dpuFollowed = registersOf(
  'DPU',
  'followed',
)([
  [0x4004, 'S_POINTER', pingPong],
  [0x400c, 'FEATURE_MODE_CFG', [field('OUTPUT_MODE', 2, 1), field('DEPTHWISE', 3, 3), field('BIT_30', 30, 30)]],
  [0x4018, 'DST_BASE_ADDR', [field('DST_BASE_ADDR', 31, 0)], true],
  [0x401c, 'DST_SURF_STRIDE', [field('DST_SURF_STRIDE', 31, 0, '16-byte units; depthwise: rounded up to 4')]],
  [0x4020, 'DATA_CUBE_WIDTH', [field('WIDTH', 15, 0, 'minus 1')]],
  [0x4024, 'DATA_CUBE_HEIGHT', [field('HEIGHT', 15, 0, 'minus 1')]],
  [0x402c, 'DATA_CUBE_CHANNEL', [field('CHANNEL', 15, 0, 'minus 1')]],
  [0x4030, 'WDMA_SIZE_0', [field('UNNAMED', 15, 0), field('CHANNEL_WDMA', 31, 16, 'minus 1')]],
  [0x4034, 'WDMA_SIZE_1', [field('WIDTH_WDMA', 15, 0, 'minus 1'), field('HEIGHT_WDMA', 31, 16, 'minus 1')]],
]);

const dpuRdmaMeasured = registersOf(
  'DPU_RDMA',
  'measured',
)([
  [0x5020, 'RDMA_BS_BASE_ADDR', [field('BS_BASE_ADDR', 31, 0)], true],
  [0x5024, 'RDMA_SHIFT_BASE_ADDR', [field('SHIFT_BASE_ADDR', 31, 0, "the tensor's shift word")], true],
]);

const dpuRdmaFollowed = registersOf(
  'DPU_RDMA',
  'followed',
)([
  [0x5004, 'RDMA_S_POINTER', pingPong],
  [0x500c, 'RDMA_DATA_CUBE_WIDTH', [field('WIDTH', 15, 0, 'minus 1')]],
  [0x5010, 'RDMA_DATA_CUBE_HEIGHT', [field('HEIGHT', 15, 0, 'minus 1')]],
  [0x5014, 'RDMA_DATA_CUBE_CHANNEL', [field('CHANNEL', 15, 0, 'minus 1')]],
]);

export const rk3576Registers: readonly Register[] = [
  ...cnaMeasured,
  ...cnaFollowed,
  ...core,
  ...dpuMeasured,
  ...dpuFollowed,
  ...dpuRdmaMeasured,
  ...dpuRdmaFollowed,
];
