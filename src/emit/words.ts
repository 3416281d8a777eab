/** Command words from named registers and fields; a value that does not fit its field is a bug and throws. */
import type { MemoryName } from '../allocate/arena.js';
import {
  type Block,
  type FieldName,
  findRegister,
  operationEnables,
  type RegisterName,
  tailTargets,
  writeTargets,
} from '../hardware/registers.js';
import type { Bytes } from '../hardware/units.js';

/** Whether a name is put together at run time: then its spelling is checked there, not by the compiler. */
type Computed<N extends string> = Record<never, never> extends Record<N, unknown> ? true : false;

/** A register of the block, or `never`, which no argument fits. */
type CheckedName<B extends Block, N extends string> = Computed<N> extends true ? N : N & RegisterName<B>;

/** Values by field. */
export type Fields<B extends Block, N extends string> =
  Computed<N> extends true ? Readonly<Record<string, number>> : Readonly<Partial<Record<FieldName<B, N>, number>>>;

/** An address that is known only when the plan is loaded. */
export interface Address {
  readonly bo: BufferName;
  readonly offset: Bytes;
}

export type BufferName = 'constants' | MemoryName;

export interface Word {
  readonly target: number;
  readonly offset: number;
  readonly value: number;
  readonly address: Address | null;
}

/** Writing these again does something again. */
const unrepeatable = new Set(
  (
    [
      ['CNA', 'S_POINTER'],
      ['CORE', 'S_POINTER'],
      ['DPU', 'S_POINTER'],
      ['DPU_RDMA', 'RDMA_S_POINTER'],
      ['DPU', 'LUT_ACCESS_CFG'],
      ['DPU', 'LUT_ACCESS_DATA'],
    ] as const
  ).map(([block, name]) => `${writeTargets[block]} ${findRegister(block, name).offset}`),
);

/**
 * The kernel driver counts the words of a task in pairs and rounds up: an odd stream would be read one word too far. So its
 * last plain register is written twice.
 */
const repeatable = (words: readonly Word[]): Word => {
  const found = words.findLast(
    ({ target, offset, address }) => address === null && !unrepeatable.has(`${target} ${offset}`),
  );
  if (found === undefined) throw new Error('a task without a plain register');
  return found;
};

/** Collects the words of one task in order. */
export class TaskWriter {
  readonly words: Word[] = [];

  /** Writes a register: named fields (the others 0), or the whole register by a number. Negative values are cut to the field. */
  write<B extends Block, const N extends string>(
    block: B,
    name: CheckedName<B, N>,
    fields?: Fields<B, N> | number,
  ): void;
  write(block: Block, name: string, fields: Readonly<Record<string, number>> | number = {}): void {
    const register = findRegister(block, name);
    let value = 0;
    if (typeof fields === 'number') value = fields >>> 0;
    else {
      for (const [fieldName, fieldValue] of Object.entries(fields)) {
        const field = register.fields.find((candidate) => candidate.name === fieldName);
        if (field === undefined) throw new Error(`${block}.${name} has no field ${fieldName}`);
        const width = field.msb - field.lsb + 1;
        const size = 2 ** width;
        if (!Number.isInteger(fieldValue) || fieldValue >= size || fieldValue < -size / 2) {
          throw new Error(`${block}.${name}.${fieldName}: ${fieldValue} does not fit ${width} bits`);
        }
        value += (fieldValue < 0 ? fieldValue + size : fieldValue) * 2 ** field.lsb;
      }
    }
    this.words.push({ target: writeTargets[block], offset: register.offset, value, address: null });
  }

  /** Writes a register that holds an address. */
  writeAddress<B extends Block, const N extends string>(block: B, name: CheckedName<B, N>, address: Address): void {
    this.words.push({ target: writeTargets[block], offset: findRegister(block, name).offset, value: 0, address });
  }

  /** The four words at the end of a task: no next task, its amount 0, the barrier, the blocks to start. */
  finish(enable: number): void {
    if (this.words.length % 2 === 1) this.words.push(repeatable(this.words));
    this.words.push({ target: 0, offset: 0, value: 0, address: null });
    this.write('PC', 'REGISTER_AMOUNTS', 0);
    this.words.push({ target: tailTargets.barrier, offset: 0, value: 0, address: null });
    this.words.push({
      target: tailTargets.operationEnable,
      offset: findRegister('PC', 'OPERATION_ENABLE').offset,
      value: enable,
      address: null,
    });
  }
}

/** Blocks that a task starts. */
export const enables = { convolution: operationEnables.convolution, elementwise: operationEnables.dpuOnly } as const;

/** Ping-pong pointer of a block: mode, executer and pointer enabled. */
export const pingPong = { POINTER_PP_EN: 1, EXECUTER_PP_EN: 1, POINTER_PP_MODE: 1 } as const;

/** Both pointers back to the first group, and no ping-pong: so run all tasks of the vendor's compiler that read the LUT. */
export const firstGroup = { POINTER_PP_CLEAR: 1, EXECUTER_PP_CLEAR: 1 } as const;
