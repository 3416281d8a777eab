/** What a register is: plain data, the same shape for every block and chip. */

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
  /** What its value means. */
  readonly note?: string;
  /** Two's complement. */
  readonly signed?: true;
  /** Where the field is known less (or better) than its register. */
  readonly tag?: Tag;
  /** Where its meaning comes from another source than the register. */
  readonly source?: string;
  /** The register lists call its bits reserved. */
  readonly unlisted?: true;
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

/** A field whose name the compiler knows: the emitter's calls are checked against it. */
type NamedField<Name extends string> = Field & { readonly name: Name };

export const field = <const Name extends string>(
  name: Name,
  msb: number,
  lsb: number,
  note?: string,
): NamedField<Name> => (note === undefined ? { name, msb, lsb } : { name, msb, lsb, note });

export const signedField = <const Name extends string>(
  name: Name,
  msb: number,
  lsb: number,
  note?: string,
): NamedField<Name> => ({ ...field(name, msb, lsb, note), signed: true });

/** Codes of the precision fields. */
export const precisions = ['int8', 'int16', 'fp16', 'bf16', 'int32', 'fp32', 'int4', 'tf32'] as const;

export const precisionField = <const Name extends string>(name: Name, msb: number, lsb: number): NamedField<Name> => ({
  ...field(name, msb, lsb, precisions.map((precision, code) => `${code} ${precision}`).join(', ')),
  source: 'gregordinary/rocket-userspace, npu_hw.h',
});

/** A field that every known program leaves 0: its meaning is read from its name. */
export const undriven = <const Name extends string>(one: NamedField<Name>): NamedField<Name> => ({
  ...one,
  tag: 'inferred',
});

const vendorPrograms = "programs of the vendor's compiler for the RK3588";

/** A field that no open driver writes; the vendor's programs show what it does. */
export const vendorField = <const Name extends string>(one: NamedField<Name>): NamedField<Name> => ({
  ...one,
  tag: 'driver',
  source: vendorPrograms,
});

/** Bits that the register lists call reserved, and that the vendor's programs set. */
export const unlisted = <const Name extends string>(one: NamedField<Name>): NamedField<Name> => ({
  ...vendorField(one),
  unlisted: true,
});

const sources: Readonly<Record<Tag, string>> = {
  silicon: "Mesa's registers.xml; measured on RK3588 boards",
  driver: "Mesa's registers.xml and rkt_regcmd.c, the kernel's rocket_job.c",
  inferred: "Mesa's registers.xml",
};

type Entry = Omit<Register, 'block' | 'source'>;

export const blockRegisters = <const B extends AnyBlock, const Entries extends readonly Entry[]>(
  block: B,
  entries: Entries,
): readonly (Entries[number] & { readonly block: B; readonly source: string })[] =>
  entries.map((entry: Entries[number]) => ({ block, source: sources[entry.tag], ...entry }));
