/** Register settings of plain int8 tasks, as the shapes give them: tests change what they are about. */
import type { Settings } from './program.js';

const align = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

export interface ConvolutionShape {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly outWidth: number;
  readonly outHeight: number;
  readonly outChannels: number;
  readonly depthwise: boolean;
}

export interface Addresses {
  readonly features: number;
  readonly weights: number;
  readonly output: number;
}

/** Channels that the DPU counts for so many real ones. */
export const writtenChannels = ({ outChannels, depthwise }: ConvolutionShape): number =>
  align(outChannels, depthwise ? 64 : 32);

export const kernelsOf = ({ outChannels, depthwise }: ConvolutionShape): number =>
  depthwise ? 1 : align(outChannels, 2);

export const kernelBytesOf = ({ kernel, channels }: ConvolutionShape): number => kernel * kernel * align(channels, 16);

const cubeInput = (shape: ConvolutionShape): Settings => ({
  'CNA.CONV_CON1': { CONV_MODE: shape.depthwise ? 3 : 0 },
  'CNA.CVT_CON0': { DATA_SIGN: 1, CVT_TYPE: 1, CVT_BYPASS: 1 },
  'CNA.CVT_CON1': { CVT_SCALE0: 1 },
  'CNA.CVT_CON2': { CVT_SCALE1: 1 },
  'CNA.CVT_CON3': { CVT_SCALE2: 1 },
  'CNA.CVT_CON4': { CVT_SCALE3: 1 },
  'CNA.CVT_CON5': 0,
  'CNA.CBUF_CON1': Math.ceil((shape.width * align(shape.channels, 16)) / 64),
  'CNA.DMA_CON1': shape.width * 4,
  'CNA.DMA_CON2': { SURF_STRIDE: shape.width * (shape.height - 4) },
});

/** DPU and readers with every stage bypassed: a byte of the sum comes out. */
export const plainStages = (depthwise: boolean, flying: boolean): Settings => {
  const size = depthwise ? 3 : 1;
  return {
    'DPU.FEATURE_MODE_CFG': {
      FLYING_MODE: flying ? 1 : 0,
      OUTPUT_MODE: 2,
      CONV_MODE: depthwise ? 3 : 0,
      BURST_LEN: 15,
    },
    'DPU.BS_CFG': { BS_BYPASS: 1 },
    'DPU.BS_OW_CFG': { OD_BYPASS: 1, SIZE_E_0: size, SIZE_E_1: size, SIZE_E_2: size },
    'DPU.BN_CFG': { BN_BYPASS: 1 },
    'DPU.EW_CFG': { EW_BYPASS: 1 },
    'DPU.OUT_CVT_SCALE': 1,
    'DPU_RDMA.RDMA_ERDMA_CFG': { ERDMA_DISABLE: 1 },
    'DPU_RDMA.RDMA_FEATURE_MODE_CFG': {
      FLYING_MODE: flying ? 1 : 0,
      CONV_MODE: depthwise ? 3 : 0,
      MRDMA_DISABLE: flying ? 0 : 1,
      BURST_LEN: 15,
    },
  };
};

/** What the DPU and its readers must know of a plane. */
export const outputPlane = (
  width: number,
  height: number,
  channels: number,
  written: number,
  depthwise: boolean,
  address: number,
): Settings => ({
  'DPU.S_POINTER': 0xe,
  'DPU_RDMA.RDMA_S_POINTER': 0xe,
  'DPU.DST_BASE_ADDR': address,
  'DPU.DST_SURF_STRIDE': width * height * 16,
  'DPU.SURFACE_ADD': width * height * 16 * (depthwise ? 4 : 2),
  'DPU.DATA_CUBE_WIDTH': width - 1,
  'DPU.DATA_CUBE_HEIGHT': height - 1,
  'DPU.DATA_CUBE_CHANNEL': { CHANNEL: written - 1, ORIG_CHANNEL: channels - 1 },
  'DPU.WDMA_SIZE_0': written - 1,
  'DPU.WDMA_SIZE_1': { WIDTH_WDMA: width - 1, HEIGHT_WDMA: height - 1 },
  'DPU_RDMA.RDMA_DATA_CUBE_WIDTH': width - 1,
  'DPU_RDMA.RDMA_DATA_CUBE_HEIGHT': height - 1,
  'DPU_RDMA.RDMA_DATA_CUBE_CHANNEL': written - 1,
});

export const convolution = (shape: ConvolutionShape, at: Addresses): Settings => {
  const written = writtenChannels(shape);
  const banks = Math.ceil((Math.ceil((shape.width * align(shape.channels, 16)) / 64) * shape.height) / 512);
  return {
    ...cubeInput(shape),
    'CNA.CBUF_CON0': { DATA_BANK: banks, WEIGHT_BANK: 12 - banks },
    'CNA.CONV_CON2': { FEATURE_GRAINS: 50 + shape.stride + 1 },
    'CNA.CONV_CON3': { CONV_X_STRIDE: shape.stride, CONV_Y_STRIDE: shape.stride },
    'CNA.DATA_SIZE0': { DATAIN_WIDTH: shape.width, DATAIN_HEIGHT: shape.height },
    'CNA.DATA_SIZE1': { DATAIN_CHANNEL: align(shape.channels, 16), DATAIN_CHANNEL_REAL: shape.channels - 1 },
    'CNA.DATA_SIZE2': shape.outWidth,
    'CNA.DATA_SIZE3': shape.outWidth * shape.outHeight,
    'CNA.WEIGHT_SIZE0': kernelBytesOf(shape) * kernelsOf(shape),
    'CNA.WEIGHT_SIZE1': kernelBytesOf(shape),
    'CNA.WEIGHT_SIZE2': {
      WEIGHT_WIDTH: shape.kernel,
      WEIGHT_HEIGHT: shape.kernel,
      WEIGHT_KERNELS: kernelsOf(shape),
    },
    'CNA.PAD_CON0': { PAD_LEFT: shape.pad, PAD_TOP: shape.pad },
    'CNA.FEATURE_DATA_ADDR': at.features,
    'CNA.DMA_CON0': 0x000f000f,
    'CNA.FC_DATA_SIZE0': { DMA_WIDTH: shape.width, DMA_HEIGHT: shape.height },
    'CNA.FC_DATA_SIZE1': align(shape.channels, 16),
    'CNA.DCOMP_ADDR0': at.weights,
    'CORE.MISC_CFG': { QD_EN: 1, DW_EN: shape.depthwise ? 1 : 0 },
    'CORE.DATAOUT_SIZE_0': { DATAOUT_WIDTH: shape.outWidth - 1, DATAOUT_HEIGHT: shape.outHeight - 1 },
    'CORE.DATAOUT_SIZE_1': written - 1,
    ...outputPlane(shape.outWidth, shape.outHeight, shape.outChannels, written, shape.depthwise, at.output),
    ...plainStages(shape.depthwise, false),
  };
};

/** A task without convolution: planes through the DPU's stages. */
export const flying = (
  width: number,
  height: number,
  channels: number,
  at: { readonly main: number; readonly output: number },
): Settings => ({
  ...outputPlane(width, height, channels, channels, false, at.output),
  ...plainStages(false, true),
  'DPU_RDMA.RDMA_SRC_BASE_ADDR': at.main,
});
