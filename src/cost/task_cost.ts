/**
 * What a task costs on one core: cycles of its units, and bytes that it moves. Cycles are those of the vendor's compiler, which
 * its own table gives for 251 convolutions: positions in groups of 16, each as many cycles as its groups of kernels and
 * channels meet in, or as the DPU needs to write them. Not in that table, and inferred: that the DPU's rate is the same for
 * depthwise and elementwise tasks. C has the same definition (delegate/npu/cycles.c); a test compares the two.
 */
import { alignUp, atomChannels, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { type ConvOperation, operandsOf } from '../ir/operation.js';
import { operandBytes } from '../layout/operands.js';
import { kernelBytes, kernelCount } from '../layout/weights.js';
import type { Stages } from '../requantize/stages.js';
import type { ConvTile, ElementwiseTile, TiledOperation } from '../tile/task.js';

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
const dpuCycles = ({ clocks }: Chip, positions: number, channels: number): number =>
  alignUp(positions, clocks.positions) * Math.ceil(channels / clocks.dpuChannels);

const stageBytes = (chip: Chip, { bs, bn }: Stages, hasWeights: boolean, written: number): number =>
  operandBytes(chip, bs, hasWeights, written) + operandBytes(chip, bn, false, written);

const convCost = (chip: Chip, operation: ConvOperation, stages: Stages, tile: ConvTile): TaskCost => {
  const { geometry: g, depthwise, residual } = operation;
  const positions = tile.outputRows * tile.outputColumns;
  const inputChannels = depthwise ? tile.channels : g.inputChannels;
  const written = writtenChannels(chip, tile.channels, depthwise);
  const weights = kernelBytes(chip, operation, inputChannels) * kernelCount(depthwise, tile.channels);
  return {
    cycles: convWorkCycles(chip, {
      depthwise,
      taps: g.kernelHeight * g.kernelWidth,
      positions,
      inputChannels,
      outputChannels: tile.channels,
    }),
    bytes: {
      input: tile.inputRows * tile.inputColumns * atomChannels(chip, inputChannels),
      weights: tile.banks.weightReuse ? 0 : weights,
      operands: stageBytes(chip, stages, true, written) + (residual === null ? 0 : positions * written),
      output: positions * written,
    },
  };
};

const elementwiseCost = (chip: Chip, stages: Stages, tile: ElementwiseTile, operands: number): TaskCost => {
  const [positions, channels] = [tile.columns * tile.rows, atomChannels(chip, tile.channels)];
  const plane = positions * channels;
  const second = operands < 2 ? 0 : stages.ew?.perChannel === true ? channels : plane;
  return {
    cycles: dpuCycles(chip, positions, channels),
    bytes: { input: plane, weights: 0, operands: stageBytes(chip, stages, false, channels) + second, output: plane },
  };
};

/** @param tile with the input's columns and rows: each atom is read once and written four times */
const unpoolCost = (chip: Chip, tile: ElementwiseTile): TaskCost => {
  const positions = tile.columns * tile.rows;
  return {
    cycles: dpuCycles(chip, 4 * positions, chip.atoms.channels),
    bytes: {
      input: positions * chip.atoms.channels,
      weights: 0,
      operands: 0,
      output: 4 * positions * chip.atoms.channels,
    },
  };
};

/** Entries of both tables of the LUT, a command word each. */
const tableEntries = 2 * 513;
const commandBytes = 8;

/** A copy of one atom, behind which the words stand that fill the LUT. */
const tableLoadCost = (chip: Chip): TaskCost => ({
  cycles: dpuCycles(chip, 1, chip.atoms.channels),
  bytes: {
    input: chip.atoms.channels,
    weights: 0,
    operands: tableEntries * commandBytes,
    output: chip.atoms.channels,
  },
});

type TiledConvolution = Extract<TiledOperation, { operation: { kind: 'conv' } }>;
const isConvolution = (tiled: TiledOperation): tiled is TiledConvolution => tiled.operation.kind === 'conv';

/** Of each task of an operation, in their order. @param loadsTable whether one before them fills the LUT */
export const taskCosts = (chip: Chip, tiled: TiledOperation, loadsTable: boolean): readonly TaskCost[] => {
  if (isConvolution(tiled)) return tiled.tiles.map((tile) => convCost(chip, tiled.operation, tiled.stages, tile));
  const { operation, stages, tiles } = tiled;
  const own = tiles.map((tile) =>
    operation.kind === 'unpool'
      ? unpoolCost(chip, tile)
      : elementwiseCost(chip, stages, tile, operandsOf(operation).length),
  );
  return loadsTable ? [tableLoadCost(chip), ...own] : own;
};

/** Multiply-accumulates that the model asks for. */
export const convMacs = ({ geometry: g, depthwise }: ConvOperation): number =>
  g.outputHeight *
  g.outputWidth *
  g.outputChannels *
  g.kernelHeight *
  g.kernelWidth *
  (depthwise ? 1 : g.inputChannels);
