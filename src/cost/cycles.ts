/**
 * Estimated cycles of a task on one RK3588 core. Constants: 1024 int8 MAC a cycle and core (TRM); depthwise one tap of 64
 * channels a cycle (inferred); about 1,000 cycles of pipeline fill (inferred); bytes a cycle from the published DMA rates
 * (assumed: 16). Clock and the cost of an interrupt between tasks stand in hardware/chips.ts.
 */
import { atoms } from '../hardware/limits.js';
import { alignUp } from '../layout/cube.js';
import { type ConvOperation, type ElementwiseOperation, operandsOf } from '../ir/operation.js';
import type { ConvTile, ElementwiseTile, TiledOperation } from '../tile/task.js';

const bytesPerCycle = 16;
const pipelineFill = 1000;

export const convCycles = (operation: ConvOperation, tile: ConvTile): number => {
  const { geometry: g, depthwise } = operation;
  const outputs = tile.outputRows * tile.outputColumns;
  const taps = g.kernelHeight * g.kernelWidth;
  const inputChannels = depthwise ? tile.channels : g.inputChannels;
  const steps = depthwise
    ? Math.ceil(tile.channels / atoms.depthwiseChannels)
    : Math.ceil(g.inputChannels / atoms.weightChannels) * Math.ceil(tile.channels / atoms.kernels);
  const features = tile.inputRows * tile.inputColumns * alignUp(inputChannels, atoms.channels);
  const weights = tile.banks.weightReuse
    ? 0
    : taps * alignUp(inputChannels, atoms.channels) * (depthwise ? 1 : tile.channels);
  const output = outputs * alignUp(tile.channels, atoms.kernels);
  return pipelineFill + Math.max(outputs * taps * steps, (features + weights + output) / bytesPerCycle);
};

const elementwiseCycles = (tile: ElementwiseTile, operands: number): number =>
  pipelineFill + (tile.columns * tile.rows * alignUp(tile.channels, atoms.channels) * (operands + 1)) / bytesPerCycle;

/** @param tile with the input's columns and rows: each atom is read once and written four times */
const unpoolCycles = (tile: ElementwiseTile): number =>
  pipelineFill + (5 * tile.columns * tile.rows * atoms.channels) / bytesPerCycle;

/** Of a task without a convolution. */
export const flyingCycles = (operation: ElementwiseOperation, tile: ElementwiseTile): number =>
  operation.kind === 'unpool' ? unpoolCycles(tile) : elementwiseCycles(tile, operandsOf(operation).length);

/** A copy of one atom behind a thousand words of 8 bytes. */
export const tableLoadCycles = pipelineFill + (2 * 513 * 8) / bytesPerCycle;

type TiledConvolution = Extract<TiledOperation, { operation: { kind: 'conv' } }>;
const isConvolution = (tiled: TiledOperation): tiled is TiledConvolution => tiled.operation.kind === 'conv';

/** Of each task of an operation. */
export const cyclesOf = (tiled: TiledOperation): readonly number[] => {
  if (isConvolution(tiled)) return tiled.tiles.map((tile) => convCycles(tiled.operation, tile));
  const { operation, tiles } = tiled;
  return tiles.map((tile) => flyingCycles(operation, tile));
};

/** Multiply-accumulates that the model asks for. */
export const convMacs = ({ geometry: g, depthwise }: ConvOperation): number =>
  g.outputHeight *
  g.outputWidth *
  g.outputChannels *
  g.kernelHeight *
  g.kernelWidth *
  (depthwise ? 1 : g.inputChannels);
