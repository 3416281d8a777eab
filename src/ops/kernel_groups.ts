/** How many output channels a task can have: the kernels of a group must stand in the convolution buffer together. */
import { atoms, limits } from '../hardware/limits.js';
import type { ConvGeometry } from '../ir/operation.js';

const groupBytes = ({ kernelHeight, kernelWidth, inputChannels }: ConvGeometry, kernels: number): number =>
  kernelHeight * kernelWidth * Math.ceil(inputChannels / atoms.channels) * atoms.channels * kernels;

/**
 * Kernels of one direct task where a whole group of 32 does not fit: 16, the channels of an atom; null where it does.
 * Such a task writes 16 channels without meaning behind its own, and the next one puts that right.
 */
export const fewerKernels = (geometry: ConvGeometry): number | null => {
  const kernels = Math.min(atoms.kernels, geometry.outputChannels + (geometry.outputChannels % 2));
  return kernels > atoms.channels && groupBytes(geometry, kernels) > limits.kernelGroupBytes ? atoms.channels : null;
};

/** Bytes of the smallest group that a task can be cut to. */
export const smallestGroup = (geometry: ConvGeometry): { readonly kernels: number; readonly bytes: number } => {
  const kernels = Math.min(atoms.channels, geometry.outputChannels + (geometry.outputChannels % 2));
  return { kernels, bytes: groupBytes(geometry, kernels) };
};

/** Bytes of the group that a task has. */
export const taskGroup = (geometry: ConvGeometry): number =>
  groupBytes(geometry, fewerKernels(geometry) ?? Math.min(atoms.kernels, geometry.outputChannels + 1));

/** Channels up to the last one that a direct convolution writes. */
export const directChannels = (geometry: ConvGeometry): number => {
  const { outputChannels } = geometry;
  const step = fewerKernels(geometry) ?? outputChannels;
  const last = Math.floor((outputChannels - 1) / step) * step;
  return last + Math.ceil((outputChannels - last) / atoms.kernels) * atoms.kernels;
};
