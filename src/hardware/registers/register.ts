/** What a register is: plain data, the same shape for every block. */

/** Blocks that command words reach. */
export type Block = 'PC' | 'CNA' | 'CORE' | 'DPU' | 'DPU_RDMA' | 'PPU' | 'PPU_RDMA';

/** Blocks whose id does not fit a command word's target. */
export type UnreachableBlock = 'DDMA' | 'SDMA' | 'GLOBAL';

export type AnyBlock = Block | UnreachableBlock;

/**
 * How far a register's meaning is known. silicon: its effect was measured on a board. driver: a shipped driver writes it.
 * inferred: only named, or reasoned from the names.
 */
export type Tag = 'silicon' | 'driver' | 'inferred';

export interface Field {
  readonly name: string;
  readonly msb: number;
  readonly lsb: number;
  readonly note?: string;
}

export interface Register {
  readonly block: AnyBlock;
  readonly name: string;
  /** Byte offset with the block's page. */
  readonly offset: number;
  /** Bits that no field names are reserved: 0. */
  readonly fields: readonly Field[];
  readonly tag: Tag;
  readonly source: string;
  /** Holds the address of memory that the block reads or writes. */
  readonly address?: true;
  /** The register of NVDLA that does the same job. */
  readonly ancestor?: string;
  readonly note?: string;
}

export const field = (name: string, msb: number, lsb: number, note?: string): Field =>
  note === undefined ? { name, msb, lsb } : { name, msb, lsb, note };

const sources: Readonly<Record<Tag, string>> = {
  silicon: "Mesa's registers.xml; measured on RK3588 boards",
  driver: "Mesa's registers.xml and rkt_regcmd.c, the kernel's rocket_job.c",
  inferred: "Mesa's registers.xml",
};

export const blockRegisters = (
  block: AnyBlock,
  registers: readonly Omit<Register, 'block' | 'source'>[],
): readonly Register[] => registers.map((register) => ({ block, source: sources[register.tag], ...register }));
