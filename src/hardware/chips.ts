/**
 * Chips as values: what one task can hold, how values lie in memory, the buffer between memory and the MAC array, and how
 * fast it all is. Everything that the compiler asks of a chip is here; what follows from it is in `capability.ts`.
 */
import {
  type AnyBlock,
  type FieldName,
  fieldWidth,
  findRegister,
  type RegisterName,
  type WritableList,
} from './registers.js';

/** Largest values that one task can carry: widths of register fields, and what was seen right on silicon. */
export interface ChipLimits {
  readonly stride: number;
  readonly kernelSide: number;
  readonly dilation: number;
  readonly pad: number;
  /** Of a convolution's input, in whole atoms. */
  readonly inputChannels: number;
  /** Rows and columns of the input that one convolution task reads. */
  readonly window: number;
  /** Rows and columns of a task's output. */
  readonly plane: number;
  /** Atoms from the end of an output row to the next. */
  readonly notch: number;
  readonly outputChannels: number;
  /** Pixels of a convolution task's output. */
  readonly outputAtomics: number;
  readonly elementwiseColumns: number;
}

/** Groups of channels and kernels in int8. */
export interface ChipAtoms {
  /** Channels of an atom: a pixel's channels that lie together. */
  readonly channels: number;
  /** Kernels of a weight group, and channels of it. */
  readonly kernels: number;
  readonly weightChannels: number;
  /** Channels of a depthwise weight group. */
  readonly depthwiseChannels: number;
  /** Channels of a group of BS's and BN's operands in memory. */
  readonly operandChannels: number;
}

/** The convolution buffer of a core. */
export interface ChipCbuf {
  readonly banks: number;
  readonly bankBytes: number;
  /** Rows of features take whole entries. */
  readonly entryBytes: number;
  /** Banks for weights that stream through, where a group of kernels does not need more. */
  readonly streamingBanks: number;
  /** Banks that no task plans with: the DMA of features reads ahead. */
  readonly spareBanks: number;
}

export interface ChipMemory {
  /** Tensors and constants start at multiples of this. */
  readonly burstBytes: number;
  /** Command words of a task start at multiples of this. */
  readonly taskBytes: number;
  /** Planes of atoms start at multiples of so many atoms; one that is a single pixel takes one. */
  readonly planeAtoms: number;
}

export interface ChipClocks {
  /** Under the mainline kernel. */
  readonly megahertz: number;
  /** int8 multiply-accumulates a cycle and core. */
  readonly macsPerCycle: number;
  /** Output positions are computed in groups of so many. */
  readonly positions: number;
  /** Channels of a position that the DPU takes in a cycle. */
  readonly dpuChannels: number;
  /** Bytes that the bus of a core moves in a cycle. */
  readonly bytesPerCycle: number;
}

/** Memory behind the cores' buses, whatever their clock: bytes a microsecond (MB/s). */
export interface ChipBandwidth {
  /** That one core gets at most, and all of them together. */
  readonly core: number;
  readonly all: number;
}

/** What the CPU needs around jobs and for nodes that it keeps: one of the big cores. */
export interface ChipHost {
  /** Multiply-accumulates, and values of ops without any, a microsecond; of TFLite's kernels, and of our own on the host. */
  readonly macs: number;
  readonly values: number;
  /** Bytes of cubes that are made of TFLite's tensors, or read back, a microsecond. */
  readonly layoutBytes: number;
  /** Bytes of a BO whose cache lines are walked once, by PREP or FINI, a microsecond. */
  readonly syncBytes: number;
  /** Bytes that are copied from a core's memory to another's, a microsecond. */
  readonly copyBytes: number;
}

/** How the kernel's driver starts work. */
export interface ChipDispatch {
  /** What its interrupt costs between two tasks, where a big core of the CPU serves it, and where a little one does. */
  readonly microseconds: number;
  readonly littleMicroseconds: number;
  /** Submit, prepare and finish of a job. */
  readonly jobMicroseconds: number;
  /** From the end of jobs on several cores to the start of the next ones, but for what is copied. */
  readonly exchangeMicroseconds: number;
  /** It ends a job that takes longer. */
  readonly jobMilliseconds: number;
}

/** A chip that programs are made for. Plain data. */
export interface Chip {
  readonly name: string;
  /** In the header of plans. */
  readonly number: number;
  /** Its names in device trees, behind "rockchip,". */
  readonly deviceTree: readonly string[];
  readonly limits: ChipLimits;
  readonly atoms: ChipAtoms;
  readonly cbuf: ChipCbuf;
  /** The list of registers by which its programs are written. */
  readonly registers: WritableList;
  readonly clocks: ChipClocks;
  readonly memory: ChipMemory;
  readonly bandwidth: ChipBandwidth;
  readonly dispatch: ChipDispatch;
  readonly cores: number;
  readonly host: ChipHost;
}

const most = <B extends AnyBlock, N extends RegisterName<B>>(block: B, name: N, field: FieldName<B, N>): number => {
  const found = findRegister(block, name).fields.find((one) => one.name === field);
  if (found === undefined) throw new Error(`no field ${block}.${name}.${field}`);
  return 2 ** fieldWidth(found) - 1;
};

/** Sources: Mesa's registers.xml for fields, its rkt_ml.h for atoms and CBUF; what else is said beside a number. */
export const rk3588: Chip = {
  name: 'RK3588',
  number: 3588,
  deviceTree: ['rk3588', 'rk3588s'],
  limits: {
    stride: most('CNA', 'CONV_CON3', 'CONV_X_STRIDE'),
    kernelSide: most('CNA', 'WEIGHT_SIZE2', 'WEIGHT_WIDTH'),
    // These count from 0.
    dilation: most('CNA', 'CONV_CON3', 'ATROUS_X_DILATION') + 1,
    pad: most('CNA', 'PAD_CON0', 'PAD_LEFT'),
    // The vendor's compiler: 16,368 and not 16,383, whatever the kernels; DATAIN_CHANNEL_REAL has 14 bits.
    inputChannels: 16368,
    window: most('CNA', 'DATA_SIZE0', 'DATAIN_WIDTH'),
    // One less than the field holds.
    plane: most('DPU', 'DATA_CUBE_WIDTH', 'WIDTH'),
    notch: most('DPU', 'DATA_CUBE_NOTCH_ADDR', 'NOTCH_ADDR_0'),
    outputChannels: most('DPU', 'DATA_CUBE_CHANNEL', 'CHANNEL') + 1,
    outputAtomics: most('CNA', 'DATA_SIZE3', 'DATAOUT_ATOMICS'),
    // Seen right on silicon: 8175, rounded down.
    elementwiseColumns: 8160,
  },
  atoms: { channels: 16, kernels: 32, weightChannels: 32, depthwiseChannels: 64, operandChannels: 8 },
  // Mesa splits the banks 7 + 5; an erratum was seen on silicon when banks of features are nearly full.
  cbuf: { banks: 12, bankBytes: 32 * 1024, entryBytes: 64, streamingBanks: 5, spareBanks: 1 },
  registers: 'rk3588',
  clocks: {
    // At boot, and nothing in the mainline kernel raises it.
    megahertz: 200,
    // TRM.
    macsPerCycle: 1024,
    // The vendor's compiler: its table of cycles for 251 convolutions.
    positions: 16,
    dpuChannels: 8,
    // Assumed from published rates.
    bytesPerCycle: 16,
  },
  // Tasks: Mesa. The vendor's compiler has every plane that the DPU writes on multiples of 4 atoms, Mesa writes planes packed.
  memory: { burstBytes: 64, taskBytes: 64, planeAtoms: 4 },
  // With these three published times of the vendor's programs come out within 4 % (cost/published.ts).
  bandwidth: { core: 8000, all: 16_000 },
  // On a Cortex-A76, on a Cortex-A55; the sum of published times (RK3576, RK3588); assumed; the driver's time limit.
  dispatch: {
    microseconds: 27,
    littleMicroseconds: 51,
    jobMicroseconds: 60,
    exchangeMicroseconds: 200,
    jobMilliseconds: 500,
  },
  cores: 3,
  // Assumed: a Cortex-A76; conversions took 1.4 to 2.9 GB/s on another CPU, copies more than 5. Sync of BOs: published (RK3576), 10.6 GB/s.
  host: { macs: 10_000, values: 1000, layoutBytes: 2000, syncBytes: 10_600, copyBytes: 5000 },
};

/** Chips that programs are made for. */
export const chips: readonly Chip[] = [rk3588];

/**
 * Chips of the family that nothing is compiled for yet. The RK3576 packs registers in another way and has 1 MiB of CBUF for
 * both cores (vendor driver, boards); the RK3568 has DMA of 32 bits, and no open stack gets output from it (vendor driver).
 */
export const otherChips: readonly string[] = ['RK3576', 'RK3568'];

const isAlike = (value: unknown, pattern: unknown): boolean =>
  typeof pattern !== 'object' || pattern === null
    ? typeof value === typeof pattern && !Number.isNaN(value)
    : typeof value === 'object' &&
      value !== null &&
      Array.isArray(value) === Array.isArray(pattern) &&
      (Array.isArray(pattern) ||
        Object.entries(pattern).every(([key, one]) =>
          isAlike(Object.entries(value).find(([own]) => own === key)?.[1], one),
        ));

/** Whether a value from outside has all that is asked of a chip. */
export const isChip = (value: unknown): value is Chip => isAlike(value, rk3588);

/** The name by which options call a chip. */
export const optionName = (name: string): string => name.toLowerCase();

/** The chips that programs are made for as options call them, the one where nothing is said first. */
export const chipWords: readonly string[] = chips.map(({ name }) => optionName(name));

/** The same of those that nothing is compiled for yet. */
export const laterChipWords: readonly string[] = otherChips.map(optionName);
