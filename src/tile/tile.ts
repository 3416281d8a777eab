/** An operation with its numbers -> the same with its tiles. */
import type { Chip } from '../hardware/chips.js';
import type { Cube } from '../layout/cube.js';
import { operandsOf, type TaskOperation } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import { convTiles } from './conv_tiles.js';
import { elementwiseTiles } from './elementwise_tiles.js';
import { unpoolTiles } from './unpool_tiles.js';
import type { TiledOperation } from './task.js';

/** @returns null when the operation cannot be cut to fit the chip */
export const tileOperation = (
  chip: Chip,
  operation: TaskOperation,
  stages: Stages,
  cubes: ReadonlyMap<number, Cube>,
): TiledOperation | null => {
  if (operation.kind === 'conv') {
    const cube = cubes.get(operation.output);
    const tiles = convTiles(chip, operation, cube === undefined ? undefined : cube.lineBytes / cube.atom);
    return tiles === null ? null : { operation, stages, tiles };
  }
  const touched = [...operandsOf(operation), operation.output].map((tensor) => cubes.get(tensor));
  const known = touched.filter((cube) => cube !== undefined);
  if (known.length < touched.length) return null;
  const tiles = operation.kind === 'unpool' ? unpoolTiles(chip, known) : elementwiseTiles(chip, known);
  return { operation, stages, tiles };
};
