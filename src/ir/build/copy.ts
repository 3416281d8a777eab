/** The same codes in another place: the DPU alone, or the convolution unit's channel-wise mode with weights of 1. */
import { copyStages } from '../../requantize/copy_stages.js';
import type { ConvGeometry, ConvOperation, CopyOperation, MoveOperation, PadOperation } from '../operation.js';

export const copyOperation = ({ nodes, input, output }: MoveOperation): CopyOperation => ({
  kind: 'copy',
  nodes,
  input,
  output,
});

/** Numbers of a convolution whose stages are given: nothing is requantized, no channel is a constant. */
export const unscaled = (channels: number): ConvOperation['numbers'] => ({
  multipliers: [],
  bias: new Int32Array(channels),
  dead: [],
  outputZeroPoint: 0,
  range: [-128, 127],
});

/** One output for each place of the plane. */
export const plainGeometry = (
  [height, width, channels]: readonly [number, number, number],
  outputChannels: number,
): ConvGeometry => ({
  inputHeight: height,
  inputWidth: width,
  inputChannels: channels,
  outputHeight: height,
  outputWidth: width,
  outputChannels,
  kernelHeight: 1,
  kernelWidth: 1,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
  padTop: 0,
  padLeft: 0,
});

export const identityConvolution = (
  { nodes, input, output }: MoveOperation,
  shape: readonly [number, number, number],
): ConvOperation => ({
  kind: 'conv',
  nodes,
  input,
  output,
  depthwise: true,
  geometry: plainGeometry(shape, shape[2]),
  weights: new Int8Array(shape[2]).fill(1),
  weightZeroPoint: 0,
  inputZeroPoint: 0,
  numbers: unscaled(shape[2]),
  stages: copyStages,
  residual: null,
});

/** The places of a 1x1 kernel's windows in a plane. */
export type Places = Pick<ConvGeometry, 'outputHeight' | 'outputWidth'> &
  Partial<Pick<ConvGeometry, 'strideY' | 'strideX' | 'padTop' | 'padLeft'>>;

const copiesAll = (
  [height, width]: readonly [number, number, number],
  { outputHeight, outputWidth, strideY = 1, strideX = 1, padTop = 0, padLeft = 0 }: Places,
): boolean => strideY * strideX === 1 && outputHeight >= height + padTop && outputWidth >= width + padLeft;

/**
 * A copy of the pixels at some places, with padding where the plane does not reach: of every pixel it is a pad.
 * @param value the NPU's code of the padding
 */
export const placedCopy = (
  move: MoveOperation,
  shape: readonly [number, number, number],
  places: Places,
  value = 0,
): ConvOperation | PadOperation => {
  const identity = identityConvolution(move, shape);
  const geometry = { ...identity.geometry, ...places };
  const { outputHeight, outputWidth, padTop: top, padLeft: left } = geometry;
  return copiesAll(shape, geometry)
    ? { ...move, kind: 'pad', shape, size: [outputHeight, outputWidth], top, left, value }
    : { ...identity, geometry, inputZeroPoint: value };
};

/** A pad that no convolution has taken: the padding of a channel-wise one with weights of 1. */
export const padConvolution = ({ shape, size, top, left, value, ...move }: PadOperation): ConvOperation => {
  const identity = identityConvolution({ ...move, kind: 'move' }, shape);
  const [outputHeight, outputWidth] = size;
  const geometry = { ...identity.geometry, outputHeight, outputWidth, padTop: top, padLeft: left };
  return { ...identity, geometry, inputZeroPoint: value };
};

/** Inputs of a convolution that only copies, with a weight for each and each output: 21 MB of weights. */
export const mostPicked = 4608;

/** Picks channels: output channel c is the input's channel `channels[c]`. */
export const selection = (
  { nodes, input, output }: MoveOperation,
  [height, width, inputChannels]: readonly [number, number, number],
  channels: readonly number[],
): ConvOperation => {
  const weights = new Int8Array(channels.length * inputChannels);
  for (const [c, from] of channels.entries()) weights[c * inputChannels + from] = 1;
  return {
    kind: 'conv',
    nodes,
    input,
    output,
    depthwise: false,
    geometry: plainGeometry([height, width, inputChannels], channels.length),
    weights,
    weightZeroPoint: 0,
    inputZeroPoint: 0,
    numbers: unscaled(channels.length),
    stages: copyStages,
    residual: null,
  };
};
