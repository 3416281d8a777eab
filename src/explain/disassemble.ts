/**
 * A program as a listing: tasks with named registers and fields. By default a task shows what it changes against the task
 * before, in the order of the offsets; with `all` every word in the order of the stream. Plain data: `--json` prints it.
 */
import type { Program, ProgramTask, Reference } from './program.js';
import { decode, type Decoded, type DecodedField, type DecodedWrite } from './decode.js';

export interface ListedWrite {
  readonly block: string;
  readonly register: string;
  readonly offset: number;
  readonly value: number;
  /** What the address in it points at. */
  readonly address: Reference | null;
  /** All fields with `all`; else those that changed. */
  readonly fields: readonly DecodedField[];
  readonly unnamedBits: number;
}

export interface ListedTask {
  readonly index: number;
  readonly title: string;
  readonly at: Reference | null;
  readonly words: number;
  /** Blocks that its last word starts; null where that word is not known. */
  readonly starts: readonly string[] | null;
  /** The task that the hardware would go on with by itself. */
  readonly next: Reference | null;
  readonly writes: readonly ListedWrite[];
  /** Registers that the task before wrote and this one does not: they keep a value. */
  readonly kept: readonly string[];
  /** Words that are neither writes nor part of a tail. */
  readonly unknown: readonly { readonly target: number; readonly offset: number; readonly value: number }[];
}

export interface Listing {
  readonly title: string;
  readonly chip: string;
  readonly notes: readonly string[];
  readonly tasks: readonly ListedTask[];
}

export interface DisassembleOptions {
  readonly all: boolean;
  /** Only the task with this position in the program. */
  readonly task?: number;
}

const keyOf = ({ block, offset }: DecodedWrite): string => `${block} ${offset}`;
const nameOf = ({ block, register }: DecodedWrite): string => `${block}.${register}`;

/** The last write of each register. */
type Written = ReadonlyMap<string, DecodedWrite>;

/** What a task gives the registers of the units; the PC's registers chain tasks and are told apart. */
const finalWrites = (decoded: readonly Decoded[]): Written => {
  const last = new Map<string, DecodedWrite>();
  for (const one of decoded) if (one.kind === 'write' && one.block !== 'PC') last.set(keyOf(one), one);
  return last;
};

const sameAddress = (a: Reference | null, b: Reference | null): boolean => a?.bo === b?.bo && a?.offset === b?.offset;

const listed = ({ block, register, offset, value, address, fields, unnamedBits }: DecodedWrite): ListedWrite => ({
  block,
  register,
  offset,
  value,
  address,
  fields,
  unnamedBits,
});

/** Of every register before the first task. */
const atReset = 0;

/** What a write changes; null where it changes nothing. */
const changed = (now: DecodedWrite, before: DecodedWrite | undefined): ListedWrite | null => {
  if (now.value === (before?.value ?? atReset) && sameAddress(now.address, before?.address ?? null)) return null;
  const was = new Map(before?.fields.map(({ name, value }) => [name, value]));
  return { ...listed(now), fields: now.fields.filter(({ name, value }) => value !== (was.get(name) ?? atReset)) };
};

const nextOf = (decoded: readonly Decoded[]): Reference | null => {
  const link = decoded.findLast((one) => one.kind === 'write' && one.block === 'PC' && one.register === 'BASE_ADDRESS');
  if (link?.kind !== 'write' || (link.value === 0 && link.address === null)) return null;
  return link.address ?? { bo: 'address', offset: link.value };
};

const listTask = (
  index: number,
  { title, at }: ProgramTask,
  decoded: readonly Decoded[],
  now: Written,
  before: { readonly task: Written; readonly all: Written },
  all: boolean,
): ListedTask => {
  const start = decoded.findLast((one) => one.kind === 'start');
  const changes = [...now]
    .map(([key, write]) => changed(write, before.all.get(key)))
    .filter((write) => write !== null)
    .sort((a, b) => a.offset - b.offset);
  return {
    index,
    title,
    at,
    words: decoded.length,
    starts: start?.kind === 'start' ? start.blocks : null,
    next: nextOf(decoded),
    writes: all ? decoded.flatMap((one) => (one.kind === 'write' ? listed(one) : [])) : changes,
    kept: [...before.task].filter(([key]) => !now.has(key)).map(([, write]) => nameOf(write)),
    unknown: decoded.flatMap((one) =>
      one.kind === 'unknown' ? { target: one.target, offset: one.offset, value: one.value } : [],
    ),
  };
};

export const disassemble = (program: Program, options: DisassembleOptions): Listing => {
  const { title, chip, notes } = program;
  const tasks: ListedTask[] = [];
  let before: Written = new Map();
  // A register that a task leaves out keeps a value: a change is one against the last task that wrote it.
  const everything = new Map<string, DecodedWrite>();
  for (const [index, task] of program.tasks.entries()) {
    const decoded = task.words.map((word) => decode(word, chip));
    const now = finalWrites(decoded);
    if (options.task === undefined || options.task === index)
      tasks.push(listTask(index, task, decoded, now, { task: before, all: everything }, options.all));
    for (const [key, write] of now) everything.set(key, write);
    before = now;
  }
  return { title, chip, notes, tasks };
};
