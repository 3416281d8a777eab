/**
 * How fast the units of a core are, for a task of which the sizes are known. Cycles are those of the vendor's compiler, which its
 * own table gives for 251 convolutions: positions in groups of 16, each as many cycles as its groups of kernels and channels
 * meet in, or as the DPU needs to write them. Not in that table, and inferred: that the DPU's rate is the same for depthwise
 * and elementwise tasks. C has the same definition (delegate/npu/cycles.c); a test compares the two.
 */
import { alignUp } from './capability.js';
import type { Chip } from './chips.js';
import { bytesPerMicrosecond, type Machine } from './machine.js';

/** Streams between memory and the units. `operands`: of BS, BN and EW, and the LUT's tables. */
export interface StreamBytes {
  readonly input: number;
  readonly weights: number;
  readonly operands: number;
  readonly output: number;
}

export interface TaskCost {
  readonly cycles: number;
  readonly bytes: StreamBytes;
}

export const bytesOf = ({ input, weights, operands, output }: StreamBytes): number =>
  input + weights + operands + output;

/** Numbers of a convolution task, wherever they come from. */
export interface ConvWork {
  readonly depthwise: boolean;
  readonly taps: number;
  /** Output positions. */
  readonly positions: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
}

export const convWorkCycles = ({ atoms, clocks }: Chip, work: ConvWork): number => {
  const { depthwise, taps, positions, inputChannels, outputChannels } = work;
  const groups = depthwise
    ? Math.ceil(outputChannels / atoms.depthwiseChannels)
    : Math.ceil(inputChannels / atoms.weightChannels) * Math.ceil(outputChannels / atoms.kernels);
  const written = alignUp(outputChannels, depthwise ? atoms.depthwiseChannels : atoms.kernels);
  return alignUp(positions, clocks.positions) * Math.max(taps * groups, Math.ceil(written / clocks.dpuChannels));
};

/** Cycles in which the DPU writes so many positions. */
export const dpuCycles = ({ clocks }: Chip, positions: number, channels: number): number =>
  alignUp(positions, clocks.positions) * Math.ceil(channels / clocks.dpuChannels);

/** Between the start of a task and its end: units and memory work at once. */
export const workMicroseconds = (machine: Machine, { cycles, bytes }: TaskCost): number =>
  Math.max(cycles / machine.megahertz, bytesOf(bytes) / bytesPerMicrosecond(machine));

/** A task that reads so many positions and writes so many, with nothing else. */
export const copyCost = (chip: Chip, read: number, written: number, channels: number): TaskCost => ({
  cycles: dpuCycles(chip, written, channels),
  bytes: { input: read * channels, weights: 0, operands: 0, output: written * channels },
});
