/**
 * Weights as the CNA reads them. Direct: groups of 32 kernels / groups of 32 channels / rows / columns / kernel / channel;
 * the last channel group is filled to 16, the last kernel group is short, the number of kernels is even.
 * Depthwise: groups of 64 channels / rows / columns / channel; a last group of 16 or 32 channels is as short as that, one of
 * 48 is filled to 64. Source: Mesa's rkt_coefs.c, and the silicon vector; the vendor's compiler for the group of 48.
 */
import { int8At, int32At } from '../in_range.js';
import { alignUp, atomChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import type { ConvOperation } from '../ir/operation.js';

/** Channels that a tap of a depthwise kernel has in the group that starts here. */
const groupLanes = (chip: Chip, channels: number): number => {
  const { depthwiseChannels } = chip.atoms;
  const lanes = atomChannels(chip, Math.min(channels, depthwiseChannels));
  return lanes === depthwiseChannels - chip.atoms.channels ? depthwiseChannels : lanes;
};

/** Channels of a tap, with those that fill the last group. */
const tapChannels = (chip: Chip, channels: number, depthwise: boolean): number => {
  if (!depthwise) return atomChannels(chip, channels);
  const rest = channels % chip.atoms.depthwiseChannels;
  return channels - rest + (rest === 0 ? 0 : groupLanes(chip, rest));
};

/** Bytes of one kernel: WEIGHT_SIZE1. */
export const kernelBytes = (chip: Chip, { geometry, depthwise }: ConvOperation, channels: number): number =>
  geometry.kernelHeight * geometry.kernelWidth * tapChannels(chip, channels, depthwise);

/** Kernels that a task reads: an even number, one for depthwise. */
export const kernelCount = (depthwise: boolean, outputChannels: number): number =>
  depthwise ? 1 : alignUp(outputChannels, 2);

type Copy = (from: number, to: number, count: number) => void;

/** Copies a few bytes, very often: four at a time where all of them stand on multiples of four. */
const copierOf = (from: Int8Array, to: Int8Array, channels: number): Copy => {
  if (channels % 4 !== 0 || from.byteOffset % 4 !== 0) {
    return (start, end, count) => {
      for (let i = 0; i < count; i++) to[end + i] = int8At(from, start + i);
    };
  }
  const source = new Int32Array(from.buffer, from.byteOffset, from.length >> 2);
  const target = new Int32Array(to.buffer, 0, to.length >> 2);
  return (start, end, count) => {
    const [first, at, words] = [start >> 2, end >> 2, count >> 2];
    for (let i = 0; i < words; i++) target[at + i] = int32At(source, first + i);
  };
};

/** Dead channels get the code for 0 everywhere: their value comes from the bias alone. */
const packDirect = (chip: Chip, operation: ConvOperation, first: number, count: number): Int8Array => {
  const { atoms } = chip;
  const { kernelHeight, kernelWidth, inputChannels } = operation.geometry;
  const { weights, weightZeroPoint, numbers } = operation;
  const kernels = kernelCount(false, count);
  const packed = new Int8Array(kernels * kernelBytes(chip, operation, inputChannels)).fill(weightZeroPoint);
  const window = kernelHeight * kernelWidth;
  const copy = copierOf(weights, packed, inputChannels);
  let at = 0;
  for (let group = 0; group < kernels; group += atoms.kernels) {
    const groupKernels = Math.min(atoms.kernels, kernels - group);
    for (let channel = 0; channel < inputChannels; channel += atoms.weightChannels) {
      const lanes = Math.min(atoms.weightChannels, atomChannels(chip, inputChannels - channel));
      const live = Math.min(lanes, inputChannels - channel);
      for (let tap = 0; tap < window; tap++) {
        for (let kernel = 0; kernel < groupKernels; kernel++, at += lanes) {
          const oc = first + group + kernel;
          if (group + kernel >= count || numbers.dead[oc] === true) continue;
          const from = (oc * window + tap) * inputChannels + channel;
          copy(from, at, live);
        }
      }
    }
  }
  return packed;
};

const packDepthwise = (chip: Chip, operation: ConvOperation, first: number, count: number): Int8Array => {
  const { atoms } = chip;
  const { kernelHeight, kernelWidth, inputChannels } = operation.geometry;
  const { weights, weightZeroPoint, numbers } = operation;
  const packed = new Int8Array(kernelBytes(chip, operation, count)).fill(weightZeroPoint);
  let at = 0;
  for (let group = 0; group < count; group += atoms.depthwiseChannels) {
    const lanes = groupLanes(chip, count - group);
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++, at += lanes) {
      for (let lane = 0; lane < Math.min(lanes, count - group); lane++) {
        const c = first + group + lane;
        if (numbers.dead[c] !== true) packed[at + lane] = int8At(weights, tap * inputChannels + c);
      }
    }
  }
  return packed;
};

/** Packed weights of output channels [first, first + count). */
export const packWeights = (chip: Chip, operation: ConvOperation, first: number, count: number): Int8Array =>
  operation.depthwise ? packDepthwise(chip, operation, first, count) : packDirect(chip, operation, first, count);
