/** All registers of the RK3588's NPU, the shape of command words, and look-up by name. */
import { cnaRegisters } from './registers/cna.js';
import { coreRegisters } from './registers/core.js';
import { dpuRegisters } from './registers/dpu.js';
import { dpuRdmaRegisters } from './registers/dpu_rdma.js';
import { pcRegisters } from './registers/pc.js';
import { ppuRdmaRegisters, ppuRegisters } from './registers/ppu.js';
import type { AnyBlock, Block, Register } from './registers/register.js';
import { ddmaRegisters, globalRegisters, sdmaRegisters } from './registers/unreachable.js';

export type { AnyBlock, Block, Field, Register, Tag, UnreachableBlock } from './registers/register.js';

export const registers: readonly Register[] = [
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

/** The register at an offset, for disassembly. */
export const registerAt = (block: AnyBlock, offset: number): Register | undefined =>
  registers.find((register) => register.block === block && register.offset === offset);

const taskBlocks: readonly AnyBlock[] = ['CNA', 'CORE', 'DPU', 'DPU_RDMA', 'PPU', 'PPU_RDMA'];

/** What the body of a task may write: the registers that a driver writes there. The plan validator's whitelist. */
export const taskRegisters: readonly Register[] = registers.filter(
  ({ block, tag }) => taskBlocks.includes(block) && tag !== 'inferred',
);
