/**
 * One task's command words in Mesa's order (fact sheet b): 126 register writes and the four words of the tail. Fields that
 * Mesa overfills are cut as its macros cut them.
 */
import { type Command, commandBytes } from '../../hardware/command.js';
import { TaskWriter } from '../../emit/words.js';
import { findRegister, writeTargets } from '../../hardware/registers.js';
import type { Fixes } from './defects.js';
import { alignTo, countedChannels, type MesaOperation, readsPixels } from './operation.js';
import { operandConverter, outputConverter, truncateBits } from './requantize.js';
import { type MesaTask, taskWidth } from './split.js';

/** Device addresses of an operation's buffers. */
export interface Addresses {
  readonly input: number;
  readonly output: number;
  readonly weights: number;
  readonly bias: number;
  /** The other operand of a fused ADD. */
  readonly operand: number;
  readonly commands: number;
}

const cut = (value: number, bits: number): number => ((value % 2 ** bits) + 2 ** bits) % 2 ** bits;

const inputStrides = (operation: MesaOperation): { readonly line: number; readonly surface: number } => {
  const { width, height } = operation.input;
  if (readsPixels(operation)) {
    const line = Math.max(width, 16);
    return { line, surface: line * (height - 1) };
  }
  return { line: width * 4, surface: width * (height - 4) };
};

/** Entries of 64 bytes that a row takes; for pixels the whole plane's. */
const dataEntries = (operation: MesaOperation): number => {
  const { height, channels } = operation.input;
  const width = taskWidth(operation);
  if (channels === 1) return width * height;
  return width === 40 && channels === 40 ? 40 : Math.ceil((width * Math.ceil(channels / 16)) / 4);
};

/** The constant outside the plane. */
const padConstant = ({ input, kernel, depthwise, inAddition }: MesaOperation, fixes: Fixes): number => {
  const value = input.zeroPoint - 0x80;
  if (fixes.has('k7')) {
    const byte = value & 0xff;
    return ((value < 0 ? 0xffff0000 : 0) | (byte << 8) | byte) >>> 0;
  }
  if (depthwise && input.zeroPoint === 0x8b) return 0x0b0b;
  if (inAddition) return 0xffffff80;
  return kernel.width >= 3 && input.zeroPoint === 0 ? 0xffff8080 : value;
};

const writeConverters = (w: TaskWriter, operation: MesaOperation): void => {
  const pixels = operation.input.channels === 1;
  if (!pixels) {
    w.write('CNA', 'CVT_CON0', { DATA_SIGN: 1, CVT_TYPE: 1, CVT_BYPASS: 1 });
    for (const lane of [0, 1, 2, 3]) w.write('CNA', `CVT_CON${lane + 1}`, { [`CVT_SCALE${lane}`]: 1 });
    return;
  }
  const [bits, scale] = operation.inAddition ? [15, 32388] : [14, 16384];
  w.write('CNA', 'CVT_CON0', {
    CVT_TRUNCATE_0: bits,
    CVT_TRUNCATE_1: bits,
    CVT_TRUNCATE_2: bits,
    CVT_TRUNCATE_3: bits,
  });
  for (const lane of [0, 1, 2, 3])
    w.write('CNA', `CVT_CON${lane + 1}`, { [`CVT_SCALE${lane}`]: scale, [`CVT_OFFSET${lane}`]: -0x80 });
};

const writeCna = (
  w: TaskWriter,
  operation: MesaOperation,
  task: MesaTask,
  index: number,
  at: Addresses,
  fixes: Fixes,
) => {
  const { input, output, kernel, depthwise, strideX, strideY } = operation;
  const channels = countedChannels(operation).input;
  const width = taskWidth(operation);
  const kernels = depthwise ? 1 : alignTo(output.channels, 2);
  const kernelBytes = kernel.width * kernel.height * channels;
  const buffer = {
    WEIGHT_BANK: task.weightBanks,
    DATA_BANK: task.dataBanks,
    WEIGHT_REUSE: index > 0 && task.weightReuse ? 1 : 0,
  };
  const mode = {
    ...(input.channels === 1 ? { NONALIGN_DMA: 1, GROUP_LINE_OFF: 1, ARGB_IN: 8 } : {}),
    CONV_MODE: depthwise ? 3 : 0,
  };
  w.write('CNA', 'CBUF_CON0', buffer);
  w.write('CNA', 'DCOMP_REGNUM');
  w.write('CNA', 'DCOMP_CTRL');
  w.write('CNA', 'CONV_CON1', mode);
  w.write('DPU', 'S_POINTER', 0xe);
  w.write('DPU_RDMA', 'RDMA_S_POINTER', 0xe);
  w.write('CNA', 'CONV_CON1', mode);
  w.write('CNA', 'CONV_CON2', { FEATURE_GRAINS: 50 + strideY + 1 });
  w.write('CNA', 'CONV_CON3', { CONV_X_STRIDE: strideX, CONV_Y_STRIDE: strideY });
  w.write('CNA', 'DATA_SIZE0', { DATAIN_WIDTH: width, DATAIN_HEIGHT: task.rows });
  w.write('CNA', 'DATA_SIZE1', { DATAIN_CHANNEL_REAL: input.channels - 1, DATAIN_CHANNEL: channels });
  w.write('CNA', 'DATA_SIZE2', { DATAOUT_WIDTH: cut(task.outputWidth, 11) });
  w.write('CNA', 'DATA_SIZE3', { DATAOUT_ATOMICS: cut(task.outputWidth * task.outputHeight, 22) });
  w.write('CNA', 'WEIGHT_SIZE0', kernelBytes * kernels);
  w.write('CNA', 'WEIGHT_SIZE1', kernelBytes);
  w.write('CNA', 'WEIGHT_SIZE2', { WEIGHT_WIDTH: kernel.width, WEIGHT_HEIGHT: kernel.height, WEIGHT_KERNELS: kernels });
  w.write('CNA', 'CBUF_CON0', buffer);
  w.write('CNA', 'CBUF_CON1', { DATA_ENTRIES: cut(dataEntries(operation), 14) });
  writeConverters(w, operation);
  w.write('CNA', 'FC_CON0');
  w.write('CNA', 'FC_CON1');
  w.write('CNA', 'PAD_CON0', { PAD_LEFT: cut(task.padLeft, 4), PAD_TOP: cut(task.padTop, 4) });
  w.write('CNA', 'FEATURE_DATA_ADDR', at.input + input.width * 16 * task.top);
  w.write('CNA', 'FC_CON2');
  w.write('CNA', 'DMA_CON0', { WEIGHT_BURST_LEN: 15, DATA_BURST_LEN: 15 });
  const strides = inputStrides(operation);
  w.write('CNA', 'DMA_CON1', { LINE_STRIDE: strides.line });
  w.write('CNA', 'DMA_CON2', { SURF_STRIDE: strides.surface });
  w.write('CNA', 'FC_DATA_SIZE0', { DMA_WIDTH: input.width, DMA_HEIGHT: task.rows });
  w.write('CNA', 'FC_DATA_SIZE1', { DMA_CHANNEL: channels });
  w.write('CNA', 'DCOMP_CTRL');
  w.write('CNA', 'DCOMP_REGNUM');
  w.write('CNA', 'DCOMP_ADDR0', at.weights);
  for (let i = 0; i < 16; i++) w.write('CNA', `DCOMP_AMOUNT${i}`);
  w.write('CNA', 'CVT_CON5', input.channels === 1 ? 0xffff : 0);
  w.write('CNA', 'PAD_CON1', padConstant(operation, fixes));
};

const lutRegisters =
  'ACCESS_CFG ACCESS_DATA CFG INFO LE_START LE_END LO_START LO_END LE_SLOPE_SCALE LE_SLOPE_SHIFT LO_SLOPE_SCALE LO_SLOPE_SHIFT';

const writeDpu = (w: TaskWriter, operation: MesaOperation, task: MesaTask, at: Addresses, fixes: Fixes): void => {
  const { output, kernel, depthwise, addition } = operation;
  const channels = countedChannels(operation).output;
  const plane = output.width * output.height;
  const size = depthwise ? 3 : 1;
  w.write('DPU', 'FEATURE_MODE_CFG', { BURST_LEN: 15, OUTPUT_MODE: 2, CONV_MODE: depthwise ? 3 : 0 });
  w.write('DPU', 'DATA_FORMAT');
  w.write('DPU', 'OFFSET_PEND');
  w.write('DPU', 'DST_BASE_ADDR', at.output + output.width * 16 * task.outputTop);
  w.write('DPU', 'DST_SURF_STRIDE', { DST_SURF_STRIDE: plane });
  w.write('DPU', 'DATA_CUBE_WIDTH', { WIDTH: cut(task.outputWidth - 1, 13) });
  w.write('DPU', 'DATA_CUBE_HEIGHT', { HEIGHT: cut(task.outputHeight - 1, 13) });
  w.write('DPU', 'DATA_CUBE_NOTCH_ADDR');
  w.write('DPU', 'DATA_CUBE_CHANNEL', { ORIG_CHANNEL: output.channels - 1, CHANNEL: channels - 1 });
  w.write('DPU', 'BS_CFG', {
    BS_ALU_ALGO: 2,
    BS_ALU_SRC: 1,
    BS_RELU_BYPASS: fixes.has('k8') && operation.relu ? 0 : 1,
    BS_MUL_BYPASS: 1,
  });
  for (const name of ['BS_ALU_CFG', 'BS_MUL_CFG', 'BS_RELUX_CMP_VALUE'] as const) w.write('DPU', name);
  w.write('DPU', 'BS_OW_CFG', { SIZE_E_0: size, SIZE_E_1: size, SIZE_E_2: size });
  w.write('DPU', 'BS_OW_OP', { OW_OP: 0x80 - kernel.zeroPoint });
  w.write('DPU', 'WDMA_SIZE_0', { CHANNEL_WDMA: channels - 1 });
  w.write('DPU', 'WDMA_SIZE_1', {
    HEIGHT_WDMA: cut(task.outputHeight - 1, 13),
    WIDTH_WDMA: cut(task.outputWidth - 1, 13),
  });
  w.write('DPU', 'BN_CFG', { BN_RELU_BYPASS: 1, BN_MUL_BYPASS: 1, BN_ALU_BYPASS: 1, BN_BYPASS: 1 });
  for (const name of ['BN_ALU_CFG', 'BN_MUL_CFG', 'BN_RELUX_CMP_VALUE'] as const) w.write('DPU', name);
  const operand = operandConverter(operation);
  w.write('DPU', 'EW_CFG', addition === null ? 0x383 : 0x904202c0);
  w.write('DPU', 'EW_CVT_OFFSET_VALUE', addition === null ? 0 : 0x80 - addition.operandZeroPoint);
  w.write('DPU', 'EW_CVT_SCALE_VALUE', { EW_OP_CVT_SCALE: operand.scale, EW_OP_CVT_SHIFT: operand.shift });
  w.write('DPU', 'EW_RELUX_CMP_VALUE');
  const converter = outputConverter(operation, fixes);
  w.write('DPU', 'OUT_CVT_OFFSET', { OUT_CVT_OFFSET: converter.offset });
  w.write('DPU', 'OUT_CVT_SCALE', { OUT_CVT_SCALE: cut(converter.scale, 16) });
  w.write('DPU', 'OUT_CVT_SHIFT', { OUT_CVT_SHIFT: cut(converter.shift, 12) });
  for (let i = 0; i < 8; i++) w.write('DPU', `EW_OP_VALUE_${i}`);
  w.write('DPU', 'SURFACE_ADD', { SURF_ADD: plane * (depthwise ? 4 : 2) });
  w.write('DPU', 'raw40C4');
  for (const name of lutRegisters.split(' ')) w.write('DPU', `LUT_${name}`);
};

const writeReader = (w: TaskWriter, operation: MesaOperation, task: MesaTask, at: Addresses): void => {
  const { input, output, depthwise, addition } = operation;
  const channels = countedChannels(operation).output;
  const plane = output.width * output.height;
  const operand = at.operand + output.width * 16 * task.outputTop;
  const stride = Math.max(plane, 12);
  const notch = input.width === 3 ? 15 : stride + task.outputWidth * (output.height - task.outputHeight);
  const added = addition !== null;
  w.write('DPU_RDMA', 'RDMA_DATA_CUBE_WIDTH', { WIDTH: cut(task.outputWidth - 1, 13) });
  w.write('DPU_RDMA', 'RDMA_DATA_CUBE_HEIGHT', { HEIGHT: cut(task.outputHeight - 1, 13) });
  w.write('DPU_RDMA', 'RDMA_DATA_CUBE_CHANNEL', { CHANNEL: channels - 1 });
  w.write('DPU_RDMA', 'RDMA_SRC_BASE_ADDR', added ? operand : 0);
  w.write('DPU_RDMA', 'RDMA_BRDMA_CFG', { BRDMA_DATA_USE: 1 });
  w.write('DPU_RDMA', 'RDMA_BS_BASE_ADDR', at.bias);
  w.write('DPU_RDMA', 'RDMA_NRDMA_CFG');
  w.write('DPU_RDMA', 'RDMA_BN_BASE_ADDR');
  w.write('DPU_RDMA', 'RDMA_ERDMA_CFG', added ? { ERDMA_DATA_MODE: 1, ERDMA_DATA_SIZE: 1 } : { ERDMA_DISABLE: 1 });
  w.write('DPU_RDMA', 'RDMA_EW_BASE_ADDR', added ? operand + plane * 16 : 0);
  w.write('DPU_RDMA', 'RDMA_EW_SURF_STRIDE', { EW_SURF_STRIDE: added ? stride : 0 });
  w.write('DPU_RDMA', 'RDMA_FEATURE_MODE_CFG', {
    BURST_LEN: 15,
    CONV_MODE: depthwise ? 3 : 0,
    ...(added ? { COMB_USE: 5 } : { MRDMA_DISABLE: 1 }),
  });
  w.write('DPU_RDMA', 'RDMA_SRC_DMA_CFG');
  w.write('DPU_RDMA', 'RDMA_SURF_NOTCH', { SURF_NOTCH_ADDR: added ? notch : 0 });
  w.write('DPU_RDMA', 'RDMA_PAD_CFG');
  w.write('DPU_RDMA', 'RDMA_WEIGHT', { M_WEIGHT: 1, B_WEIGHT: 1, N_WEIGHT: 1, E_WEIGHT: 1 });
  w.write('DPU_RDMA', 'RDMA_EW_SURF_NOTCH', { EW_SURF_NOTCH: added ? notch : 0 });
};

const wordsOfTask = 130;
/** Tasks of an operation stand at multiples of 64 bytes. */
export const taskPitch = alignTo(wordsOfTask * commandBytes, 64);

/** @param index the task's place among `count` of its operation */
export const taskWords = (
  operation: MesaOperation,
  task: MesaTask,
  index: number,
  count: number,
  at: Addresses,
  fixes: Fixes,
): readonly Command[] => {
  const writer = new TaskWriter();
  writeCna(writer, operation, task, index, at, fixes);
  writer.write('CORE', 'MISC_CFG', { QD_EN: 1, DW_EN: operation.depthwise ? 1 : 0 });
  writer.write('CORE', 'DATAOUT_SIZE_0', {
    DATAOUT_HEIGHT: cut(task.outputHeight - 1, 16),
    DATAOUT_WIDTH: cut(task.outputWidth - 1, 16),
  });
  writer.write('CORE', 'DATAOUT_SIZE_1', { DATAOUT_CHANNEL: countedChannels(operation).output - 1 });
  writer.write('CORE', 'CLIP_TRUNCATE', { CLIP_TRUNCATE: truncateBits(operation, fixes) });
  writer.write('CORE', 'raw3030');
  writeDpu(writer, operation, task, at, fixes);
  writeReader(writer, operation, task, at);
  writer.finish(0x1d);
  const words = writer.words.map(({ target, offset, value }): Command => ({ target, offset, value }));
  if (count === 1) return words;
  // A link to the next task, 0 in the last; the kernel starts each task itself.
  const last = index === count - 1;
  const link = {
    target: writeTargets.PC,
    offset: findRegister('PC', 'BASE_ADDRESS').offset,
    value: last ? 0 : at.commands + (index + 1) * taskPitch,
  };
  const tail = words.length - 4;
  return words.map((word, i) =>
    i === tail ? link : i === tail + 1 && !last ? { ...word, value: alignTo((wordsOfTask - 4) / 2, 2) } : word,
  );
};
