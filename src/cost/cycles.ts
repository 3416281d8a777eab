/**
 * Estimated cycles of a task on one core: a group of kernels meets a group of channels in a cycle, a depthwise task does one tap of
 * a group (inferred). What a cycle is, and what is lost between tasks, the chip says (hardware/chips.ts).
 */
import { alignUp, atomChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type ConvOperation, type ElementwiseOperation, operandsOf } from '../ir/operation.js';
import type { ConvTile, ElementwiseTile, TiledOperation } from '../tile/task.js';

export const convCycles = (chip: Chip, operation: ConvOperation, tile: ConvTile): number => {
  const { atoms, clocks } = chip;
  const { geometry: g, depthwise } = operation;
  const outputs = tile.outputRows * tile.outputColumns;
  const taps = g.kernelHeight * g.kernelWidth;
  const inputChannels = depthwise ? tile.channels : g.inputChannels;
  const steps = depthwise
    ? Math.ceil(tile.channels / atoms.depthwiseChannels)
    : Math.ceil(g.inputChannels / atoms.weightChannels) * Math.ceil(tile.channels / atoms.kernels);
  const features = tile.inputRows * tile.inputColumns * atomChannels(chip, inputChannels);
  const weights = tile.banks.weightReuse
    ? 0
    : taps * atomChannels(chip, inputChannels) * (depthwise ? 1 : tile.channels);
  const output = outputs * alignUp(tile.channels, atoms.kernels);
  const moved = (features + weights + output) / clocks.bytesPerCycle;
  return clocks.pipelineFill + Math.max(outputs * taps * steps, moved);
};

const elementwiseCycles = (chip: Chip, tile: ElementwiseTile, operands: number): number => {
  const { clocks } = chip;
  const bytes = tile.columns * tile.rows * atomChannels(chip, tile.channels) * (operands + 1);
  return clocks.pipelineFill + bytes / clocks.bytesPerCycle;
};

/** @param tile with the input's columns and rows: each atom is read once and written four times */
const unpoolCycles = ({ atoms, clocks }: Chip, tile: ElementwiseTile): number =>
  clocks.pipelineFill + (5 * tile.columns * tile.rows * atoms.channels) / clocks.bytesPerCycle;

/** Of a task without a convolution. */
export const flyingCycles = (chip: Chip, operation: ElementwiseOperation, tile: ElementwiseTile): number =>
  operation.kind === 'unpool' ? unpoolCycles(chip, tile) : elementwiseCycles(chip, tile, operandsOf(operation).length);

/** A copy of one atom behind a thousand words of 8 bytes. */
export const tableLoadCycles = ({ clocks }: Chip): number => clocks.pipelineFill + (2 * 513 * 8) / clocks.bytesPerCycle;

type TiledConvolution = Extract<TiledOperation, { operation: { kind: 'conv' } }>;
const isConvolution = (tiled: TiledOperation): tiled is TiledConvolution => tiled.operation.kind === 'conv';

/** Of each task of an operation. */
export const cyclesOf = (chip: Chip, tiled: TiledOperation): readonly number[] => {
  if (isConvolution(tiled)) return tiled.tiles.map((tile) => convCycles(chip, tiled.operation, tile));
  const { operation, tiles } = tiled;
  return tiles.map((tile) => flyingCycles(chip, operation, tile));
};

/** Multiply-accumulates that the model asks for. */
export const convMacs = ({ geometry: g, depthwise }: ConvOperation): number =>
  g.outputHeight *
  g.outputWidth *
  g.outputChannels *
  g.kernelHeight *
  g.kernelWidth *
  (depthwise ? 1 : g.inputChannels);
