/** What the tasks of an operation cost on one core: cycles of its units, and bytes that it moves (hardware/speed.ts). */
import { atomChannels, writtenChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { convWorkCycles, copyCost, dpuCycles, type TaskCost } from '../hardware/speed.js';
import { type ConvOperation, operandsOf } from '../ir/operation.js';
import { operandBytes } from '../layout/operands.js';
import { kernelBytes, kernelCount } from '../layout/weights.js';
import type { Stages } from '../requantize/stages.js';
import type { ConvTile, ElementwiseTile, TiledOperation } from '../tile/task.js';

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
const unpoolCost = (chip: Chip, { columns, rows }: ElementwiseTile): TaskCost =>
  copyCost(chip, columns * rows, 4 * columns * rows, chip.atoms.channels);

/** Entries of both tables of the LUT, a command word each. */
const tableEntries = 2 * 513;
const commandBytes = 8;

/** A copy of one atom, behind which the words stand that fill the LUT. */
const tableLoadCost = (chip: Chip): TaskCost => {
  const { cycles, bytes } = copyCost(chip, 1, 1, chip.atoms.channels);
  return { cycles, bytes: { ...bytes, operands: tableEntries * commandBytes } };
};

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
