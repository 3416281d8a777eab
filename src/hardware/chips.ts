/** The chips of the family as data. Only the RK3588 has a proven encoder; the others are here to be told apart. */

export interface Chip {
  readonly name: string;
  /** Device-tree compatible of a core; null where no mainline driver exists. */
  readonly compatible: string | null;
  readonly cores: number;
  /** null: not known. */
  readonly cbuf: { readonly banks: number; readonly bankBytes: number; readonly entryBytes: number } | null;
  /** 64-bit words to one unit of REGISTER_AMOUNTS. */
  readonly amountScale: number;
  /** Width of TASK_CON's task number. */
  readonly taskNumberBits: number;
  readonly dmaBits: number;
  /** int8 multiply-accumulates a cycle and core; null: not measured. */
  readonly macsPerCycle: number | null;
  /** Under the mainline kernel; null: not known. */
  readonly clockMegahertz: number | null;
  /** What the mainline kernel's interrupt costs between two tasks; null: not measured. */
  readonly dispatchMicroseconds: number | null;
  /** Whether ptfe emits programs for it. */
  readonly supported: boolean;
  readonly limits: ChipLimits | null;
  readonly source: string;
}

/** Largest values of register fields. */
export interface ChipLimits {
  readonly inputSide: number;
  readonly kernelSide: number;
  readonly stride: number;
  readonly pad: number;
  readonly kernels: number;
  readonly bytesPerKernel: number;
  readonly dataEntries: number;
  readonly outputAtomics: number;
  readonly dpuSide: number;
  readonly featureGrains: number;
  readonly outputScale: number;
}

const rk3588Limits: ChipLimits = {
  inputSide: 2 ** 11 - 1,
  kernelSide: 2 ** 5 - 1,
  stride: 7,
  pad: 15,
  kernels: 2 ** 14 - 1,
  bytesPerKernel: 2 ** 19 - 1,
  dataEntries: 2 ** 14 - 1,
  outputAtomics: 2 ** 22 - 1,
  dpuSide: 2 ** 13,
  featureGrains: 2 ** 10 - 1,
  outputScale: 2 ** 15 - 1,
};

export const chips = {
  rk3588: {
    name: 'RK3588',
    compatible: 'rockchip,rk3588-rknn-core',
    cores: 3,
    cbuf: { banks: 12, bankBytes: 32 * 1024, entryBytes: 64 },
    amountScale: 2,
    taskNumberBits: 12,
    dmaBits: 40,
    macsPerCycle: 1024,
    // At boot, and nothing in the mainline kernel raises it.
    clockMegahertz: 200,
    // 27 on a Cortex-A76, 51 on a Cortex-A55.
    dispatchMicroseconds: 27,
    supported: true,
    limits: rk3588Limits,
    source: "Mesa's rkt_ml.h and registers.xml; vendor driver's tables; RK3588 TRM; the mainline driver rocket",
  },
  rk3576: {
    name: 'RK3576',
    compatible: 'rockchip,rk3576-rknn-core',
    cores: 2,
    // One block of 1 MiB shared by both cores; a program sees less.
    cbuf: { banks: 16, bankBytes: 64 * 1024, entryBytes: 64 },
    amountScale: 2,
    taskNumberBits: 16,
    dmaBits: 40,
    macsPerCycle: 1024,
    clockMegahertz: 786,
    dispatchMicroseconds: null,
    supported: false,
    limits: null,
    source: 'vendor driver tables; measurements of RK3576 boards: other register packing, one core at a time',
  },
  rk3568: {
    name: 'RK3568',
    compatible: null,
    cores: 1,
    cbuf: null,
    amountScale: 1,
    taskNumberBits: 12,
    dmaBits: 32,
    macsPerCycle: null,
    clockMegahertz: null,
    dispatchMicroseconds: null,
    supported: false,
    limits: null,
    source: 'vendor driver tables; no open stack gets output from it',
  },
} as const satisfies Readonly<Record<string, Chip>>;

export type ChipName = keyof typeof chips;

export const findChip = (name: string): Chip | undefined =>
  Object.entries<Chip>(chips).find(([key]) => key === name.toLowerCase())?.[1];
