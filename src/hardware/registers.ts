/** All registers of the RK3588's NPU, the shape of command words, and look-up by name and offset. */
import { cnaRegisters } from './registers/cna.js';
import { coreRegisters } from './registers/core.js';
import { dpuRegisters } from './registers/dpu.js';
import { dpuRdmaRegisters } from './registers/dpu_rdma.js';
import { ancestors } from './registers/nvdla.js';
import { pcRegisters } from './registers/pc.js';
import { ppuRdmaRegisters, ppuRegisters } from './registers/ppu.js';
import { rk3576Registers } from './registers/rk3576.js';
import type { AnyBlock, Block, Field, Register, Tag } from './registers/register.js';
import { ddmaRegisters, globalRegisters, sdmaRegisters } from './registers/unreachable.js';

export { precisions } from './registers/register.js';
export type { AnyBlock, Block, Field, Register, Tag, UnreachableBlock } from './registers/register.js';

const tables = [
  ...pcRegisters,
  ...cnaRegisters,
  ...coreRegisters,
  ...dpuRegisters,
  ...dpuRdmaRegisters,
  ...ppuRegisters,
  ...ppuRdmaRegisters,
  ...ddmaRegisters,
  ...sdmaRegisters,
  ...globalRegisters,
];

/** The tables as types: names that do not exist do not compile. */
type Known = (typeof tables)[number];
export type RegisterName<B extends AnyBlock> = Extract<Known, { readonly block: B }>['name'];
export type FieldName<B extends AnyBlock, N extends string> = Extract<
  Known,
  { readonly block: B; readonly name: N }
>['fields'][number]['name'];

const withAncestor = (register: Register): Register => {
  const ancestor = ancestors[register.block]?.[register.name];
  return ancestor === undefined ? register : { ...register, ancestor };
};

export const registers: readonly Register[] = tables.map(withAncestor);

export const blockIds: Readonly<Record<AnyBlock, number>> = {
  PC: 0x0100,
  CNA: 0x0200,
  CORE: 0x0800,
  DPU: 0x1000,
  DPU_RDMA: 0x2000,
  PPU: 0x4000,
  PPU_RDMA: 0x8000,
  DDMA: 0x10000,
  SDMA: 0x20000,
  GLOBAL: 0x40000,
};

/** Field [63:48] of a command word: block id + 1 (bit 48: register write). */
export const writeTargets: Readonly<Record<Block, number>> = {
  PC: 0x0101,
  CNA: 0x0201,
  CORE: 0x0801,
  DPU: 0x1001,
  DPU_RDMA: 0x2001,
  PPU: 0x4001,
  PPU_RDMA: 0x8001,
};

/** Targets of the two words that end a task: the barrier, and right after it the word that starts the blocks. */
export const tailTargets = { barrier: 0x0041, operationEnable: 0x0081 } as const;

/** Bits of the operation-enable word (TRM, GLOBAL 0xF008). */
export const operationEnableBits = { CNA: 0, CORE: 2, DPU: 3, DPU_RDMA: 4, PPU: 5, PPU_RDMA: 6 } as const;

/** Values of the operation-enable word that are in use. */
export const operationEnables = {
  /** Mesa's convolution task. */
  convolution: 0x1d,
  /** The vendor's: no operand is read from memory. */
  convolutionWithoutReader: 0x0d,
  /** Elementwise and LUT tasks. */
  dpuOnly: 0x18,
  pooling: 0x60,
} as const;

const byName: ReadonlyMap<string, Register> = new Map(registers.map((one) => [`${one.block}.${one.name}`, one]));

/** @throws when there is no such register: a bug, not an input */
export const findRegister = (block: AnyBlock, name: string): Register => {
  const register = byName.get(`${block}.${name}`);
  if (register === undefined) throw new Error(`no register ${block}.${name}`);
  return register;
};

const byOffset = (list: readonly Register[]): ReadonlyMap<number, Register> =>
  new Map(list.map((register) => [register.offset, register]));

/** By chip: the RK3568's are said to be the RK3588's, and no output proves it. */
const offsets = { rk3588: byOffset(registers), rk3576: byOffset(rk3576Registers) } as const;

/** Lists by which programs are written (emit/): names and fields are checked against it as the compiler is compiled. */
export type WritableList = 'rk3588';

/** Chips whose programs can be read. */
export type ReadableChip = keyof typeof offsets;

/** The register at an offset: every block has a page of its own, so the offset alone names it. */
export const registerAt = (offset: number, chip: ReadableChip = 'rk3588'): Register | undefined =>
  offsets[chip].get(offset);

/** How far a field is known: as its register, where it does not say so itself. */
export const tagOf = (register: Register, field: Field): Tag => field.tag ?? register.tag;

export const sourceOf = (register: Register, field: Field): string => field.source ?? register.source;

export const fieldWidth = ({ msb, lsb }: Field): number => msb - lsb + 1;

/** A field's value in a register's. */
export const fieldValue = (value: number, field: Field): number => {
  const size = 2 ** fieldWidth(field);
  const raw = Math.floor(value / 2 ** field.lsb) % size;
  return field.signed === true && raw >= size / 2 ? raw - size : raw;
};

/** Bits that fields name, as an unsigned number. */
export const namedBits = ({ fields }: Register): number =>
  fields.reduce((bits, field) => bits + (2 ** fieldWidth(field) - 1) * 2 ** field.lsb, 0);

/** Runs of bits that no field names, numbered from the top as in Mesa's registers.xml. */
export const reservedFields = ({ fields }: Register): readonly Field[] => {
  const runs: Field[] = [];
  let msb = 31;
  for (const { msb: top, lsb } of [...fields].sort((a, b) => b.lsb - a.lsb)) {
    if (top < msb) runs.push({ name: `RESERVED_${runs.length}`, msb, lsb: top + 1 });
    msb = lsb - 1;
  }
  return msb < 0 ? runs : [...runs, { name: `RESERVED_${runs.length}`, msb, lsb: 0 }];
};

/**
 * What the mainline kernel writes for each task before the command stream runs (rocket_job.c): null where the value
 * depends on the task or the core.
 */
export const kernelStart: readonly { readonly block: Block; readonly name: string; readonly value: number | null }[] = [
  { block: 'PC', name: 'BASE_ADDRESS', value: 1 },
  { block: 'CNA', name: 'S_POINTER', value: null },
  { block: 'CORE', name: 'S_POINTER', value: null },
  { block: 'PC', name: 'BASE_ADDRESS', value: null },
  { block: 'PC', name: 'REGISTER_AMOUNTS', value: null },
  { block: 'PC', name: 'INTERRUPT_MASK', value: 0x300 },
  { block: 'PC', name: 'INTERRUPT_CLEAR', value: 0x300 },
  { block: 'PC', name: 'TASK_CON', value: 0x7001 },
  { block: 'PC', name: 'TASK_DMA_BASE_ADDR', value: 0 },
  { block: 'PC', name: 'OPERATION_ENABLE', value: 1 },
];

const taskBlocks: readonly AnyBlock[] = ['CNA', 'CORE', 'DPU', 'DPU_RDMA'];
const isKernels = ({ block, name }: Register): boolean =>
  kernelStart.some((start) => start.block === block && start.name === name);

/**
 * What the body of a task may write: the registers that a shipped driver writes there, and not those that the kernel
 * writes itself. The plan validator's whitelist.
 */
export const taskRegisters: readonly Register[] = registers.filter(
  (register) => taskBlocks.includes(register.block) && register.tag !== 'inferred' && !isKernels(register),
);

/** What a pooling task may write besides: the software NPU executes it, no plan of ours holds it. */
export const poolingRegisters: readonly Register[] = registers.filter(
  ({ block, tag }) => (block === 'PPU' || block === 'PPU_RDMA') && tag !== 'inferred',
);
