/** One convolution task as command words: cube input, direct or depthwise. Values: Mesa's rkt_regcmd.c where not noted. */
import { atomChannels, rowEntries, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { Cube } from '../layout/cube.js';
import { kernelBytes, kernelCount } from '../layout/weights.js';
import { type ConvOperation, inputSteps } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import type { ConvTile } from '../tile/task.js';
import { type OperandAddresses, type OutputPlane, type ReaderPlanes, writeDpu, writeDpuReader } from './dpu.js';
import { type Address, enables, pingPong, TaskWriter, type Word } from './words.js';
import type { Bytes } from '../hardware/units.js';

/** Where a task's data stand. Addresses of whole cubes; the tile's place in them is added here. */
export interface ConvPlacement {
  readonly input: Address;
  readonly inputCube: Cube;
  readonly output: Address;
  readonly outputCube: Cube;
  readonly weights: Address;
  readonly operands: OperandAddresses;
  /** The fused ADD's other operand; its cube has the output's planes. */
  readonly residual: Address | null;
}

const at = (address: Address, bytes: Bytes): Address => ({ ...address, offset: address.offset + bytes });

/** Rows that the feature fetch runs ahead; any 9 to 65 was seen to work, Mesa writes this. */
const featureGrains = (strideY: number): number => 50 + strideY + 1;

/**
 * The padding constant has lanes: a depthwise task takes byte 1 for some odd channels (seen on silicon), so the code
 * stands in both low bytes, with its sign above.
 */
const padConstant = (code: number): number => {
  const byte = code & 0xff;
  return ((code < 0 ? 0xffff0000 : 0) | (byte << 8) | byte) >>> 0;
};

const writeCna = (
  chip: Chip,
  writer: TaskWriter,
  operation: ConvOperation,
  tile: ConvTile,
  placement: ConvPlacement,
): void => {
  const { geometry: g, depthwise } = operation;
  const { inputCube } = placement;
  const channels = depthwise ? tile.channels : g.inputChannels;
  const padded = atomChannels(chip, channels);
  const bytesPerKernel = kernelBytes(chip, operation, channels);
  const kernels = kernelCount(depthwise, tile.channels);
  const banks = {
    DATA_BANK: tile.banks.data,
    WEIGHT_BANK: tile.banks.weights,
    WEIGHT_REUSE: tile.banks.weightReuse ? 1 : 0,
  };
  writer.write('CNA', 'CBUF_CON0', banks);
  writer.write('CNA', 'DCOMP_REGNUM');
  writer.write('CNA', 'DCOMP_CTRL');
  writer.write('CNA', 'CONV_CON1', { CONV_MODE: depthwise ? 3 : 0, DECONV: g.apart === undefined ? 0 : 1 });
  writer.write('DPU', 'S_POINTER', pingPong);
  writer.write('DPU_RDMA', 'RDMA_S_POINTER', pingPong);
  writer.write('CNA', 'CONV_CON2', { FEATURE_GRAINS: featureGrains(g.strideY) });
  const steps = inputSteps(g);
  writer.write('CNA', 'CONV_CON3', {
    CONV_X_STRIDE: g.strideX,
    CONV_Y_STRIDE: g.strideY,
    DECONV_X_STRIDE: steps.x - 1,
    DECONV_Y_STRIDE: steps.y - 1,
    ATROUS_X_DILATION: g.dilationX - 1,
    ATROUS_Y_DILATION: g.dilationY - 1,
  });
  writer.write('CNA', 'DATA_SIZE0', { DATAIN_WIDTH: tile.inputColumns, DATAIN_HEIGHT: tile.inputRows });
  writer.write('CNA', 'DATA_SIZE1', { DATAIN_CHANNEL_REAL: channels - 1, DATAIN_CHANNEL: padded });
  writer.write('CNA', 'DATA_SIZE2', { DATAOUT_WIDTH: tile.outputColumns });
  writer.write('CNA', 'DATA_SIZE3', { DATAOUT_ATOMICS: tile.outputColumns * tile.outputRows });
  writer.write('CNA', 'WEIGHT_SIZE0', { WEIGHT_BYTES: bytesPerKernel * kernels });
  writer.write('CNA', 'WEIGHT_SIZE1', { WEIGHT_BYTES_PER_KERNEL: bytesPerKernel });
  writer.write('CNA', 'WEIGHT_SIZE2', {
    WEIGHT_WIDTH: g.kernelWidth,
    WEIGHT_HEIGHT: g.kernelHeight,
    WEIGHT_KERNELS: kernels,
  });
  writer.write('CNA', 'CBUF_CON1', { DATA_ENTRIES: rowEntries(chip, tile.inputColumns, channels) });
  writer.write('CNA', 'CVT_CON0', { DATA_SIGN: 1, CVT_TYPE: 1, CVT_BYPASS: 1 });
  for (const lane of [0, 1, 2, 3]) writer.write('CNA', `CVT_CON${lane + 1}`, { [`CVT_SCALE${lane}`]: 1 });
  writer.write('CNA', 'FC_CON0');
  writer.write('CNA', 'FC_CON1');
  writer.write('CNA', 'PAD_CON0', { PAD_LEFT: tile.padLeft, PAD_TOP: tile.padTop });
  const surface = depthwise ? (tile.channel / inputCube.atom) * inputCube.surfaceBytes : 0;
  const start = surface + tile.inputRow * inputCube.lineBytes + tile.inputColumn * inputCube.atom;
  writer.writeAddress('CNA', 'FEATURE_DATA_ADDR', at(placement.input, start));
  writer.write('CNA', 'FC_CON2');
  writer.write('CNA', 'DMA_CON0', { DATA_BURST_LEN: 15, WEIGHT_BURST_LEN: 15 });
  // A line in 32-bit words; a surface in atoms, counted from the end of its fourth row.
  const lineWords = inputCube.lineBytes / 4;
  const fourRows = (4 * inputCube.lineBytes) / inputCube.atom;
  writer.write('CNA', 'DMA_CON1', { LINE_STRIDE: lineWords });
  writer.write('CNA', 'DMA_CON2', { SURF_STRIDE: inputCube.surfaceBytes / inputCube.atom - fourRows });
  writer.write('CNA', 'FC_DATA_SIZE0', { DMA_WIDTH: tile.inputColumns, DMA_HEIGHT: tile.inputRows });
  writer.write('CNA', 'FC_DATA_SIZE1', { DMA_CHANNEL: padded });
  writer.write('CNA', 'DCOMP_CTRL');
  writer.write('CNA', 'DCOMP_REGNUM');
  writer.writeAddress('CNA', 'DCOMP_ADDR0', placement.weights);
  for (let i = 0; i < 16; i++) writer.write('CNA', `DCOMP_AMOUNT${i}`);
  writer.write('CNA', 'CVT_CON5');
  writer.write('CNA', 'PAD_CON1', padConstant(operation.inputZeroPoint));
};

export const emitConvolution = (
  chip: Chip,
  operation: ConvOperation,
  stages: Stages,
  tile: ConvTile,
  placement: ConvPlacement,
): readonly Word[] => {
  const writer = new TaskWriter();
  const { depthwise } = operation;
  const { outputCube } = placement;
  const written = writtenChannels(chip, tile.channels, depthwise);
  writeCna(chip, writer, operation, tile, placement);
  writer.write('CORE', 'MISC_CFG', { QD_EN: 1, DW_EN: depthwise ? 1 : 0 });
  writer.write('CORE', 'DATAOUT_SIZE_0', {
    DATAOUT_HEIGHT: tile.outputRows - 1,
    DATAOUT_WIDTH: tile.outputColumns - 1,
  });
  writer.write('CORE', 'DATAOUT_SIZE_1', { DATAOUT_CHANNEL: written - 1 });
  writer.write('CORE', 'CLIP_TRUNCATE');
  writer.write('CORE', 'raw3030');

  const planeAtoms = outputCube.surfaceBytes / outputCube.atom;
  const start =
    (tile.channel / outputCube.atom) * outputCube.surfaceBytes +
    tile.outputRow * outputCube.lineBytes +
    tile.outputColumn * outputCube.atom;
  const plane: OutputPlane = {
    base: at(placement.output, start),
    columns: tile.outputColumns,
    rows: tile.outputRows,
    surfaceStride: planeAtoms,
    notch: tile.outputRows === 1 ? 0 : outputCube.lineBytes / outputCube.atom - tile.outputColumns,
    written,
    channels: tile.channels,
    depthwise,
    flying: false,
  };
  const perChannel = (placement.operands.bsUse & 2) !== 0;
  writeDpu(writer, plane, stages, perChannel ? null : -operation.weightZeroPoint);
  const { residual } = placement;
  // Even surfaces through MRDMA, odd ones through ERDMA; each pointer skips the rest of its pair (Mesa's fused ADD).
  const everySecond = (base: Address): ReaderPlanes => ({
    base,
    surfaceStride: planeAtoms,
    notch: 2 * planeAtoms - tile.outputColumns * tile.outputRows,
  });
  const both =
    residual === null
      ? null
      : {
          source: everySecond(at(residual, start)),
          operand: everySecond(at(residual, start + outputCube.surfaceBytes)),
          combined: true,
        };
  writeDpuReader(writer, plane, placement.operands, both);
  writer.finish(enables.convolution);
  return writer.words;
};
