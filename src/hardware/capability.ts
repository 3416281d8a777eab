/**
 * What follows from a chip for one task: asked by the rules of ops, which refuse what cannot be, and by the tiler, which cuts
 * the rest. Sizes are those of a convolution (`ir/operation.ts`).
 */
import type { Chip } from './chips.js';

/** Of one kernel and the channels that it meets. */
export interface KernelShape {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
}

/** And how it meets the plane. */
export interface WindowShape extends KernelShape {
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly dilationY: number;
  readonly dilationX: number;
}

export const alignUp = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

/** Atoms that hold so many channels. */
export const atomsOf = ({ atoms }: Chip, channels: number): number => Math.ceil(channels / atoms.channels);

/** Channels that whole atoms have. */
export const atomChannels = ({ atoms }: Chip, channels: number): number => alignUp(channels, atoms.channels);

/** Channels that the DPU writes for `channels` real ones: whole groups of kernels. Source: Mesa's rkt_task.c. */
export const writtenChannels = ({ atoms }: Chip, channels: number, depthwise: boolean): number =>
  alignUp(channels, depthwise ? atoms.depthwiseChannels : atoms.kernels);

/** Atoms from one surface of a plane to the next. */
export const planeAtoms = ({ memory }: Chip, height: number, width: number): number =>
  height * width === 1 ? 1 : alignUp(height * width, memory.planeAtoms);

/** Entries of CBUF for one row of a plane: four atoms each; a rest of three takes a whole entry for each pixel. */
export const rowEntries = (chip: Chip, width: number, channels: number): number => {
  const each = chip.cbuf.entryBytes / chip.atoms.channels;
  const count = atomsOf(chip, channels);
  const rest = count % each;
  return Math.floor(count / each) * width + (rest === each - 1 ? width : Math.ceil((rest * width) / each));
};

/** Banks that a task's weights and features can have together. */
const usableBanks = ({ cbuf }: Chip): number => cbuf.banks - cbuf.spareBanks;

/** Banks that hold all of so many bytes. */
export const banksFor = ({ cbuf }: Chip, bytes: number): number => Math.ceil(bytes / cbuf.bankBytes);

/**
 * Banks for weights that stream through, a group of kernels of so many bytes at a time: as many as Mesa takes, so that some
 * are loaded while others are used, or the fewest, as the vendor's compiler does where features need the room.
 */
export const streamingBanks = (chip: Chip, groupBytes: number): readonly number[] => {
  const least = banksFor(chip, groupBytes);
  return [...new Set([Math.max(chip.cbuf.streamingBanks, least), least])];
};

/** Banks that features have beside so many for weights. */
export const featureBanks = (chip: Chip, weightBanks: number): number => usableBanks(chip) - weightBanks;

export const entriesPerBank = ({ cbuf }: Chip): number => cbuf.bankBytes / cbuf.entryBytes;

/** Banks for weights that stay in CBUF; null where features would have less than two banks with what is kept free. */
export const residentBanks = (chip: Chip, weightBytes: number): number | null => {
  const banks = banksFor(chip, weightBytes);
  return banks <= chip.cbuf.banks - 2 ? banks : null;
};

/** Bytes of a group of kernels that must stand in CBUF together: two banks are left for features. */
export const kernelGroupBytes = (chip: Chip): number => (usableBanks(chip) - 2) * chip.cbuf.bankBytes;

const groupBytes = (chip: Chip, { kernelHeight, kernelWidth, inputChannels }: KernelShape, kernels: number): number =>
  kernelHeight * kernelWidth * atomChannels(chip, inputChannels) * kernels;

/**
 * Kernels of one direct task where a whole group does not fit: the channels of an atom; null where it does. Such a task
 * writes an atom without meaning behind its own, and the next one puts that right.
 */
export const fewerKernels = (chip: Chip, shape: KernelShape): number | null => {
  const { atoms } = chip;
  const kernels = Math.min(atoms.kernels, shape.outputChannels + (shape.outputChannels % 2));
  return kernels > atoms.channels && groupBytes(chip, shape, kernels) > kernelGroupBytes(chip) ? atoms.channels : null;
};

/** Bytes of the smallest group that a task can be cut to. */
const smallestGroup = (chip: Chip, shape: KernelShape): { readonly kernels: number; readonly bytes: number } => {
  const kernels = Math.min(chip.atoms.channels, shape.outputChannels + (shape.outputChannels % 2));
  return { kernels, bytes: groupBytes(chip, shape, kernels) };
};

/** Bytes of the group that a task has. */
const taskGroup = (chip: Chip, shape: KernelShape): number =>
  groupBytes(chip, shape, fewerKernels(chip, shape) ?? Math.min(chip.atoms.kernels, shape.outputChannels + 1));

/** Channels up to the last one that a direct convolution writes. */
export const directChannels = (chip: Chip, shape: KernelShape): number => {
  const { outputChannels } = shape;
  const step = fewerKernels(chip, shape) ?? outputChannels;
  const last = Math.floor((outputChannels - 1) / step) * step;
  return last + alignUp(outputChannels - last, chip.atoms.kernels);
};

/** Channels of the largest depthwise task: a tap of each of them must stand in one bank. */
export const depthwiseStep = ({ atoms, cbuf, limits }: Chip, { kernelHeight, kernelWidth }: KernelShape): number => {
  const group = atoms.depthwiseChannels;
  const byKernel = Math.floor(cbuf.bankBytes / (kernelHeight * kernelWidth));
  return Math.max(group, Math.min(limits.outputChannels, Math.floor(byKernel / group) * group));
};

/** Products of the largest kernel, which has a group with one other: partial sums cannot be added on the chip. */
export const mostProducts = (chip: Chip): number => Math.floor(kernelGroupBytes(chip) / 2);

/** What a kernel may be; the same for every op that becomes a convolution. */
export const kernelText = (chip: Chip): string => {
  const { kernelSide, inputChannels } = chip.limits;
  return `kernel at most ${kernelSide}x${kernelSide} of at most ${inputChannels} channels; ${chip.atoms.channels} kernels, or all where there are fewer, within ${kernelGroupBytes(chip)} bytes of the convolution buffer (channels in whole ${chip.atoms.channels}s), beside the input of one output value`;
};

/** Channels of the input that a task must take together: a depthwise one can be cut to one weight group. */
const togetherChannels = ({ atoms }: Chip, { inputChannels }: KernelShape, depthwise: boolean): number =>
  depthwise ? Math.min(inputChannels, atoms.depthwiseChannels) : inputChannels;

/** Rows and columns of the plane between the first tap and the last, with all channels that a task must take. */
const spanBytes = (chip: Chip, shape: WindowShape, depthwise: boolean): number => {
  const rows = Math.min(shape.inputHeight, (shape.kernelHeight - 1) * shape.dilationY + 1);
  const columns = Math.min(shape.inputWidth, (shape.kernelWidth - 1) * shape.dilationX + 1);
  return rows * columns * alignUp(togetherChannels(chip, shape, depthwise), chip.cbuf.entryBytes);
};

/** @returns why the taps of one output value do not stand in CBUF together: with a dilation they may span more than it holds */
export const tapSpanWrong = (chip: Chip, shape: WindowShape, depthwise: boolean): string | null => {
  const { kernelHeight, kernelWidth } = shape;
  const group = depthwise ? kernelHeight * kernelWidth * chip.atoms.depthwiseChannels : taskGroup(chip, shape);
  const room = featureBanks(chip, banksFor(chip, group)) * chip.cbuf.bankBytes;
  const span = spanBytes(chip, shape, depthwise);
  return span <= room ? null : `taps that span ${span} bytes of the input, beside weights that leave ${room}`;
};

/** @returns why no task can have the kernel */
export const kernelWrong = (chip: Chip, shape: WindowShape, depthwise: boolean): string | null => {
  const { kernelHeight, kernelWidth, inputChannels } = shape;
  if (Math.max(kernelHeight, kernelWidth) > chip.limits.kernelSide) return `kernel ${kernelHeight}x${kernelWidth}`;
  if (!depthwise && inputChannels > chip.limits.inputChannels) return `${inputChannels} input channels`;
  const { kernels, bytes } = depthwise
    ? { kernels: 1, bytes: kernelHeight * kernelWidth * chip.atoms.depthwiseChannels }
    : smallestGroup(chip, shape);
  if (bytes > kernelGroupBytes(chip)) return `${bytes} bytes of weights in a group of ${kernels} kernels`;
  return tapSpanWrong(chip, shape, depthwise);
};

/** Of the banks that features have where weights stream: one less, and a quarter is left for forms of rows. */
const wholeRowBytes = (chip: Chip): number =>
  0.75 * (featureBanks(chip, chip.cbuf.streamingBanks) - 1) * chip.cbuf.bankBytes;

/** Whether a convolution's tasks can take whole rows of its planes: column tiles rest on more hardware facts. */
export const takesWholeRows = (chip: Chip, shape: WindowShape, depthwise: boolean): boolean =>
  shape.inputWidth <= chip.limits.window &&
  shape.kernelHeight * shape.inputWidth * togetherChannels(chip, shape, depthwise) <= wholeRowBytes(chip);
