/** The DPU's and its reader's registers from stages: what convolution and elementwise tasks have in common. */
import { at } from '../in_range.js';
import type { Operand, ScaleStage, Stages } from '../requantize/stages.js';
import { tableStepLog2 } from '../requantize/table_stages.js';
import type { Address, TaskWriter } from './words.js';
import type { Atoms } from '../hardware/units.js';

/** Where operands stand in memory; null where none is read. */
export interface OperandAddresses {
  readonly bs: Address | null;
  readonly bn: Address | null;
  /** BRDMA_DATA_USE: 1 add, 2 weight offset, 4 multiplier. */
  readonly bsUse: number;
  readonly bnUse: number;
}

/** All stand in registers. */
export const noOperands: OperandAddresses = { bs: null, bn: null, bsUse: 0, bnUse: 0 };

/** The plane that the DPU walks and writes. Sizes in elements. */
export interface OutputPlane {
  readonly base: Address;
  readonly columns: number;
  readonly rows: number;
  readonly surfaceStride: Atoms;
  /** Between the end of a row and the start of the next. */
  readonly notch: Atoms;
  /** Channels that are written, padding lanes included, and real ones. */
  readonly written: number;
  readonly channels: number;
  readonly depthwise: boolean;
  readonly flying: boolean;
  /** The reader repeats pairs of bytes along both axes: the plane has twice its columns. */
  readonly unpools?: boolean;
}

/** What a reader walks: from one surface to the next, and from the end of what it read of one to the next. */
export interface ReaderPlanes {
  readonly base: Address;
  readonly surfaceStride: Atoms;
  readonly notch: Atoms;
  /** One value for each channel, one after the other, in the place of planes. */
  readonly perChannel?: boolean;
}

/** The second operand of the elementwise unit: its surfaces are read in pairs by MRDMA and ERDMA, or by ERDMA alone. */
export interface ElementwiseOperand {
  /** MRDMA's: the main input of a flying task, or even surfaces of the operand. */
  readonly source: ReaderPlanes | null;
  /** ERDMA's. */
  readonly operand: ReaderPlanes | null;
  /** Both readers feed one operand (Mesa's fused ADD). */
  readonly combined: boolean;
}

const scalar = (operand: Operand | null): number => (typeof operand === 'number' ? operand : 0);
const fromMemory = (operand: Operand | null): number => (operand instanceof Int32Array ? 1 : 0);
const shiftBelow = (stage: ScaleStage | null): number => (stage === null ? 0 : (stage.shiftBelow ?? stage.shift));
/** What ReLUx compares with; null where it is off: no limit, or one of ReLU alone. */
const comparedWith = (limit: number | null): number | null => (limit !== null && Number.isFinite(limit) ? limit : null);
const absent = (operand: Operand | null): number => (operand === null ? 1 : 0);

const addAlgorithm = 2;
/** `multiply` is another type of operation, without an algorithm. */
const elementwiseAlgorithms = { max: 0, min: 1, add: addAlgorithm, multiply: 0 } as const;

/** BS and BN have the same registers under two prefixes. */
const writeScaleStage = (writer: TaskWriter, prefix: 'BS' | 'BN', stage: ScaleStage | null): void => {
  if (stage === null) {
    writer.write('DPU', `${prefix}_CFG`, {
      [`${prefix}_BYPASS`]: 1,
      [`${prefix}_ALU_BYPASS`]: 1,
      [`${prefix}_MUL_BYPASS`]: 1,
      [`${prefix}_RELU_BYPASS`]: 1,
    });
    for (const register of ['ALU_CFG', 'MUL_CFG', 'RELUX_CMP_VALUE']) writer.write('DPU', `${prefix}_${register}`);
    return;
  }
  const most = comparedWith(stage.limit);
  writer.write('DPU', `${prefix}_CFG`, {
    [`${prefix}_ALU_BYPASS`]: absent(stage.add),
    [`${prefix}_ALU_SRC`]: fromMemory(stage.add),
    [`${prefix}_ALU_ALGO`]: stage.add === null ? 0 : addAlgorithm,
    [`${prefix}_MUL_BYPASS`]: absent(stage.multiply),
    [`${prefix}_MUL_PRELU`]: stage.prelu === true ? 1 : 0,
    [`${prefix}_RELU_BYPASS`]: stage.limit === null ? 1 : 0,
    [`${prefix}_RELUX_EN`]: most === null ? 0 : 1,
  });
  writer.write('DPU', `${prefix}_ALU_CFG`, { [`${prefix}_ALU_OPERAND`]: scalar(stage.add) });
  writer.write('DPU', `${prefix}_MUL_CFG`, {
    [`${prefix}_MUL_SRC`]: fromMemory(stage.multiply),
    [`${prefix}_MUL_SHIFT_VALUE`]: stage.shift,
    [`${prefix}_MUL_OPERAND`]: scalar(stage.multiply),
  });
  writer.write('DPU', `${prefix}_RELUX_CMP_VALUE`, { [`${prefix}_RELUX_CMP_DAT`]: most === null ? 0 : most });
};

/** Table entry of each code: negative codes at the end of LE's 512 steps, others at the start of LO's. */
const lutEntries = (table: readonly number[]): readonly (readonly number[])[] => [
  Array.from({ length: lutLength }, (_, i) => at(table, Math.min(128, Math.max(0, i - lutLength + 129)))),
  Array.from({ length: lutLength }, (_, i) => at(table, Math.min(255, i + 128))),
];

/** The tables through their port; the writes must follow each other. */
export const writeLutEntries = (writer: TaskWriter, table: readonly number[]): void => {
  for (const [id, entries] of lutEntries(table).entries()) {
    writer.write('DPU', 'LUT_ACCESS_CFG', { LUT_ACCESS_TYPE: 1, LUT_TABLE_ID: id });
    for (const value of entries) writer.write('DPU', 'LUT_ACCESS_DATA', { LUT_ACCESS_DATA: value });
  }
};

/** How the tables are read: 512 steps on both sides of 0. */
const writeLutRanges = (writer: TaskWriter): void => {
  const range = 2 ** tableStepLog2 * (lutLength - 1);
  writer.write('DPU', 'LUT_CFG', { LUT_HYBRID_PRIORITY: 1, LUT_OFLOW_PRIORITY: 1, LUT_LO_LE_MUX: 2 });
  writer.write('DPU', 'LUT_INFO', { LUT_LO_INDEX_SELECT: tableStepLog2, LUT_LE_INDEX_SELECT: tableStepLog2 });
  writer.write('DPU', 'LUT_LE_START', -range);
  writer.write('DPU', 'LUT_LE_END', 0);
  writer.write('DPU', 'LUT_LO_START', 0);
  writer.write('DPU', 'LUT_LO_END', range);
  unusedRegisters(writer, ['LUT_LE_SLOPE_SCALE', 'LUT_LE_SLOPE_SHIFT', 'LUT_LO_SLOPE_SCALE', 'LUT_LO_SLOPE_SHIFT']);
};

/** Sums have none. */
const truncation = (ew: Stages['ew']): number => (ew?.algorithm === 'multiply' ? ew.productShift : 0);

const writeElementwise = (writer: TaskWriter, stages: Stages): void => {
  const { ew, table } = stages;
  if (table !== undefined) {
    writer.write('DPU', 'EW_CFG', { EW_OP_BYPASS: 1, EW_OP_CVT_BYPASS: 1, EW_RELU_BYPASS: 1 });
    writer.write('DPU', 'EW_CVT_OFFSET_VALUE');
    writer.write('DPU', 'EW_CVT_SCALE_VALUE', { EW_OP_CVT_SCALE: 1 });
    writer.write('DPU', 'EW_RELUX_CMP_VALUE');
    return;
  }
  if (ew === null) {
    writer.write('DPU', 'EW_CFG', {
      EW_BYPASS: 1,
      EW_OP_BYPASS: 1,
      EW_LUT_BYPASS: 1,
      EW_OP_CVT_BYPASS: 1,
      EW_RELU_BYPASS: 1,
    });
    writer.write('DPU', 'EW_CVT_OFFSET_VALUE');
    writer.write('DPU', 'EW_CVT_SCALE_VALUE', { EW_OP_CVT_SCALE: 1 });
    writer.write('DPU', 'EW_RELUX_CMP_VALUE');
    return;
  }
  const most = comparedWith(ew.limit);
  writer.write('DPU', 'EW_CFG', {
    EW_CVT_TYPE: 1,
    EW_DATA_MODE: ew.perChannel === true ? 0 : 1,
    EDATA_SIZE: 1,
    EW_ALU_ALGO: elementwiseAlgorithms[ew.algorithm],
    EW_OP_TYPE: ew.algorithm === 'multiply' ? 1 : 0,
    EW_RELU_BYPASS: ew.limit === null ? 1 : 0,
    EW_RELUX_EN: most === null ? 0 : 1,
    EW_LUT_BYPASS: 1,
    EW_OP_SRC: 1,
  });
  writer.write('DPU', 'EW_CVT_OFFSET_VALUE', { EW_OP_CVT_OFFSET: ew.offset });
  writer.write('DPU', 'EW_CVT_SCALE_VALUE', {
    EW_OP_CVT_SCALE: ew.scale,
    EW_OP_CVT_SHIFT: ew.shift,
    EW_TRUNCATE: truncation(ew),
  });
  writer.write('DPU', 'EW_RELUX_CMP_VALUE', { EW_RELUX_CMP_DAT: most === null ? 0 : most });
};

const unusedRegisters = (writer: TaskWriter, names: readonly string[]): void => {
  for (const name of names) writer.write('DPU', name);
};

/** Entries of one table: 512 steps. */
const lutLength = 513;

const zeroToSeven = [0, 1, 2, 3, 4, 5, 6, 7];
const lutRegisters =
  'ACCESS_CFG ACCESS_DATA CFG INFO LE_START LE_END LO_START LO_END LE_SLOPE_SCALE LE_SLOPE_SHIFT LO_SLOPE_SCALE LO_SLOPE_SHIFT'
    .split(' ')
    .map((name) => `LUT_${name}`);

/** int16, as which pairs of bytes are moved, or int8. */
const inPrecision = ({ unpools }: OutputPlane): number => (unpools === true ? 1 : 0);

/** SIZE_E: surfaces that the writer goes on by, less one (Mesa's convolutions; the vendor's compiler for flying tasks). */
const sizeOf = ({ flying, depthwise }: OutputPlane): number => (flying ? 0 : depthwise ? 3 : 1);

/** @param weightOffset added to every weight by the hardware; null: the operand group in memory holds it */
export const writeDpu = (writer: TaskWriter, plane: OutputPlane, stages: Stages, weightOffset: number | null): void => {
  const convMode = plane.depthwise ? 3 : 0;
  writer.write('DPU', 'FEATURE_MODE_CFG', {
    FLYING_MODE: plane.flying ? 1 : 0,
    OUTPUT_MODE: 2,
    CONV_MODE: convMode,
    BURST_LEN: 15,
  });
  writer.write('DPU', 'DATA_FORMAT', {
    IN_PRECISION: inPrecision(plane),
    BS_MUL_SHIFT_VALUE_NEG: shiftBelow(stages.bs),
    BN_MUL_SHIFT_VALUE_NEG: shiftBelow(stages.bn),
    EW_TRUNCATE_NEG: truncation(stages.ew),
  });
  writer.write('DPU', 'OFFSET_PEND');
  writer.writeAddress('DPU', 'DST_BASE_ADDR', plane.base);
  writer.write('DPU', 'DST_SURF_STRIDE', { DST_SURF_STRIDE: plane.surfaceStride });
  writer.write('DPU', 'DATA_CUBE_WIDTH', { WIDTH: plane.columns - 1 });
  writer.write('DPU', 'DATA_CUBE_HEIGHT', { HEIGHT: plane.rows - 1 });
  writer.write('DPU', 'DATA_CUBE_NOTCH_ADDR', { NOTCH_ADDR_0: plane.notch, NOTCH_ADDR_1: plane.notch });
  writer.write('DPU', 'DATA_CUBE_CHANNEL', { CHANNEL: plane.written - 1, ORIG_CHANNEL: plane.channels - 1 });
  writeScaleStage(writer, 'BS', stages.bs);
  const sizeE = sizeOf(plane);
  writer.write('DPU', 'BS_OW_CFG', {
    SIZE_E_0: sizeE,
    SIZE_E_1: sizeE,
    SIZE_E_2: sizeE,
    OW_SRC: weightOffset === null ? 1 : 0,
    OD_BYPASS: plane.flying ? 1 : 0,
  });
  writer.write('DPU', 'BS_OW_OP', weightOffset === null ? {} : { OW_OP: weightOffset });
  writer.write('DPU', 'WDMA_SIZE_0', { CHANNEL_WDMA: plane.written - 1 });
  writer.write('DPU', 'WDMA_SIZE_1', { WIDTH_WDMA: plane.columns - 1, HEIGHT_WDMA: plane.rows - 1 });
  writeScaleStage(writer, 'BN', stages.bn);
  writeElementwise(writer, stages);
  writer.write('DPU', 'OUT_CVT_OFFSET', { OUT_CVT_OFFSET: stages.out.offset });
  writer.write('DPU', 'OUT_CVT_SCALE', { OUT_CVT_SCALE: stages.out.scale });
  writer.write('DPU', 'OUT_CVT_SHIFT', {
    OUT_CVT_SHIFT: stages.out.shift,
    CVT_ROUND: stages.out.ties === 'up' ? 1 : 0,
  });
  unusedRegisters(
    writer,
    zeroToSeven.map((i) => `EW_OP_VALUE_${i}`),
  );
  writer.write('DPU', 'SURFACE_ADD', { SURF_ADD: plane.surfaceStride * (sizeOf(plane) + 1) });
  unusedRegisters(writer, ['raw40C4']);
  if (stages.table === undefined) unusedRegisters(writer, lutRegisters);
  else writeLutRanges(writer);
};

const maybeAddress = (writer: TaskWriter, register: string, address: Address | null): void => {
  if (address === null) writer.write('DPU_RDMA', register);
  else writer.writeAddress('DPU_RDMA', register, address);
};

export const writeDpuReader = (
  writer: TaskWriter,
  plane: OutputPlane,
  operands: OperandAddresses,
  elementwise: ElementwiseOperand | null,
): void => {
  const repeats = plane.unpools === true ? 1 : 0;
  writer.write('DPU_RDMA', 'RDMA_DATA_CUBE_WIDTH', { WIDTH: plane.columns / (repeats + 1) - 1 });
  writer.write('DPU_RDMA', 'RDMA_DATA_CUBE_HEIGHT', { HEIGHT: plane.rows - 1 });
  writer.write('DPU_RDMA', 'RDMA_DATA_CUBE_CHANNEL', { CHANNEL: plane.written - 1 });
  const { source = null, operand = null, combined = false } = elementwise ?? {};
  maybeAddress(writer, 'RDMA_SRC_BASE_ADDR', source?.base ?? null);
  writer.write('DPU_RDMA', 'RDMA_BRDMA_CFG', { BRDMA_DATA_USE: operands.bsUse });
  maybeAddress(writer, 'RDMA_BS_BASE_ADDR', operands.bs);
  writer.write('DPU_RDMA', 'RDMA_NRDMA_CFG', { NRDMA_DATA_USE: operands.bnUse });
  maybeAddress(writer, 'RDMA_BN_BASE_ADDR', operands.bn);
  const erdma =
    operand === null
      ? { ERDMA_DISABLE: 1 }
      : { ERDMA_DATA_MODE: operand.perChannel === true ? 0 : 1, ERDMA_DATA_SIZE: 1 };
  writer.write('DPU_RDMA', 'RDMA_ERDMA_CFG', erdma);
  maybeAddress(writer, 'RDMA_EW_BASE_ADDR', operand?.base ?? null);
  writer.write('DPU_RDMA', 'RDMA_EW_SURF_STRIDE', operand === null ? {} : { EW_SURF_STRIDE: operand.surfaceStride });
  writer.write('DPU_RDMA', 'RDMA_FEATURE_MODE_CFG', {
    FLYING_MODE: plane.flying ? 1 : 0,
    CONV_MODE: plane.depthwise ? 3 : 0,
    // A main input that is enabled without data makes the DPU wait for ever.
    MRDMA_DISABLE: source === null ? 1 : 0,
    COMB_USE: combined ? 5 : 0,
    BURST_LEN: 15,
    IN_PRECISION: inPrecision(plane),
  });
  writer.write('DPU_RDMA', 'RDMA_SRC_DMA_CFG', {
    KERNEL_WIDTH: repeats,
    KERNEL_HEIGHT: repeats,
    KERNEL_STRIDE_WIDTH: repeats,
    KERNEL_STRIDE_HEIGHT: repeats,
    UNPOOLING_EN: repeats,
  });
  writer.write('DPU_RDMA', 'RDMA_SURF_NOTCH', source === null ? {} : { SURF_NOTCH_ADDR: source.notch });
  writer.write('DPU_RDMA', 'RDMA_PAD_CFG');
  writer.write('DPU_RDMA', 'RDMA_WEIGHT', { M_WEIGHT: 1, B_WEIGHT: 1, N_WEIGHT: 1, E_WEIGHT: 1 });
  writer.write('DPU_RDMA', 'RDMA_EW_SURF_NOTCH', operand === null ? {} : { EW_SURF_NOTCH: operand.notch });
};
