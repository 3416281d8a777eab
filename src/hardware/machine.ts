/** What a chip runs at: its clock, how many of its cores work at once, and which CPU serves their interrupts. */
import type { Chip } from './chips.js';
import type { Trust } from './fact.js';

/** The cluster of the CPU that serves the NPU's interrupts. */
export const interruptCpus = ['big', 'little'] as const;
export type InterruptCpu = (typeof interruptCpus)[number];

/** What is not said is as Linux boots: the kernel's clock, one core, interrupts on the first CPU, which is a little one. */
export interface MachineOptions {
  readonly megahertz?: number;
  readonly cores?: number;
  readonly interruptCpu?: InterruptCpu;
  /** Where several cores work on one inference: what it costs to wait for all of them and to start them again, and their copies. */
  readonly exchangeMicroseconds?: number;
  /** CPUs that serve the interrupts of the cores: one, or one for each core. */
  readonly interruptCpus?: number;
}

export interface Machine {
  readonly chip: Chip;
  readonly megahertz: number;
  readonly cores: number;
  readonly interruptCpu: InterruptCpu;
  readonly exchangeMicroseconds: number;
  readonly interruptCpus: number;
}

/** What nodes are judged for: a chip, how far readings of it are trusted, and what it runs at. */
export interface Hardware {
  readonly chip: Chip;
  readonly trust: Trust;
  readonly machine?: MachineOptions;
}

export const machineOf = (
  chip: Chip,
  {
    megahertz = chip.clocks.megahertz,
    cores = 1,
    interruptCpu = 'little',
    exchangeMicroseconds = chip.dispatch.exchangeMicroseconds,
    interruptCpus: served = 1,
  }: MachineOptions = {},
): Machine => ({ chip, megahertz, cores, interruptCpu, exchangeMicroseconds, interruptCpus: served });

/** Bytes that a core moves in a microsecond: its bus, its port, and its share of the memory. */
export const bytesPerMicrosecond = ({ chip: { clocks, bandwidth }, megahertz, cores }: Machine): number =>
  Math.min(clocks.bytesPerCycle * megahertz, bandwidth.core, bandwidth.all / cores);

/** Between two tasks. */
export const dispatchMicroseconds = ({ chip: { dispatch }, interruptCpu }: Machine): number =>
  interruptCpu === 'big' ? dispatch.microseconds : dispatch.littleMicroseconds;

const isPositive = (value: unknown): boolean =>
  value === undefined || (typeof value === 'number' && Number.isFinite(value) && value > 0);

/** Whether a value from outside can be one. */
export const isMachineOptions = (value: unknown): value is MachineOptions => {
  if (typeof value !== 'object' || value === null) return false;
  const {
    megahertz,
    cores,
    interruptCpu,
    exchangeMicroseconds,
    interruptCpus: served,
    ...more
  } = value as Record<string, unknown>;
  const isCpu = interruptCpu === undefined || interruptCpus.some((one) => one === interruptCpu);
  const numbers = [megahertz, cores, exchangeMicroseconds, served];
  return numbers.every(isPositive) && isCpu && Object.keys(more).length === 0;
};
