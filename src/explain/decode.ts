/** A command word as what it means: a register with its fields, or one of the words that end a task. */
import {
  fieldValue,
  namedBits,
  operationEnableBits,
  type ReadableChip,
  registerAt,
  tailTargets,
  writeTargets,
} from '../hardware/registers.js';
import type { ProgramWord, Reference } from './program.js';

export interface DecodedField {
  readonly name: string;
  readonly value: number;
}

export interface DecodedWrite {
  readonly kind: 'write';
  readonly block: string;
  /** `0x1068` where the register has no name. */
  readonly register: string;
  readonly named: boolean;
  readonly offset: number;
  readonly value: number;
  readonly address: Reference | null;
  readonly fields: readonly DecodedField[];
  /** Bits that are set and that no field names. */
  readonly unnamedBits: number;
}

export type Decoded =
  | DecodedWrite
  | { readonly kind: 'empty' }
  | { readonly kind: 'barrier' }
  /** Starts blocks; `unknownBits`: bits of the word that name no block. */
  | { readonly kind: 'start'; readonly blocks: readonly string[]; readonly unknownBits: number }
  | { readonly kind: 'unknown'; readonly target: number; readonly offset: number; readonly value: number };

const blockOfTarget = new Map<number, string>(Object.entries(writeTargets).map(([block, target]) => [target, block]));

/** Pages of 4 KiB, for programs that come without targets. */
const blockOfPage: Readonly<Record<number, string>> = {
  0: 'PC',
  1: 'CNA',
  3: 'CORE',
  4: 'DPU',
  5: 'DPU_RDMA',
  6: 'PPU',
  7: 'PPU_RDMA',
};

const hex = (value: number): string => `0x${value.toString(16)}`;

const decodeWrite = (block: string, { offset, value, address }: ProgramWord, chip: ReadableChip): DecodedWrite => {
  const register = registerAt(offset, chip);
  const named = register !== undefined && register.block === block;
  return {
    kind: 'write',
    block,
    register: named ? register.name : hex(offset),
    named,
    offset,
    value,
    address,
    fields: named ? register.fields.map((field) => ({ name: field.name, value: fieldValue(value, field) })) : [],
    unnamedBits: named ? (value & ~namedBits(register)) >>> 0 : 0,
  };
};

const decodeStart = (value: number): Decoded => {
  const blocks = Object.entries(operationEnableBits).filter(([, bit]) => ((value >>> bit) & 1) === 1);
  const known = blocks.reduce((bits, [, bit]) => bits | (1 << bit), 0);
  return { kind: 'start', blocks: blocks.map(([block]) => block), unknownBits: (value & ~known) >>> 0 };
};

export const decode = (word: ProgramWord, chip: ReadableChip): Decoded => {
  const { target, offset, value } = word;
  if (target === 0 && offset === 0 && value === 0) return { kind: 'empty' };
  if (target === tailTargets.barrier) return { kind: 'barrier' };
  if (target === tailTargets.operationEnable && registerAt(offset)?.name === 'OPERATION_ENABLE')
    return decodeStart(value);
  const block = target === 0 ? blockOfPage[offset >>> 12] : blockOfTarget.get(target);
  return block === undefined ? { kind: 'unknown', target, offset, value } : decodeWrite(block, word, chip);
};
