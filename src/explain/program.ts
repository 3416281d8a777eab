/** Register programs as they are read from anywhere: plans, recorded job streams, the vendor's. Plain data. */
import type { Command } from '../hardware/command.js';
import type { ReadableChip } from '../hardware/registers.js';

/** Where an address points: a byte of a buffer. */
export interface Reference {
  readonly bo: string;
  readonly offset: number;
}

export interface ProgramWord extends Command {
  /** For registers that hold an address: what it means; null where it points nowhere that is known. */
  readonly address: Reference | null;
}

export interface ProgramTask {
  /** What it belongs to: an op, or its place in the stream. */
  readonly title: string;
  /** Where its words stand; null where they are known without their place. */
  readonly at: Reference | null;
  readonly words: readonly ProgramWord[];
}

export interface Program {
  readonly title: string;
  readonly chip: ReadableChip;
  /** Lines about what the tasks share: buffers, tensors, ops. */
  readonly notes: readonly string[];
  readonly tasks: readonly ProgramTask[];
}

export const referenceText = ({ bo, offset }: Reference): string => `${bo}+0x${offset.toString(16)}`;
