/** An operation with its numbers -> the same with its tiles. */
import type { Chip } from '../hardware/chips.js';
import type { Cube } from '../layout/cube.js';
import { operandsOf, type TaskOperation } from '../ir/operation.js';
import { ofTensor } from '../place/of_tensor.js';
import type { Stages } from '../requantize/stages.js';
import type { TensorId } from '../hardware/units.js';
import { convTiles } from './conv_tiles.js';
import { elementwiseTiles } from './elementwise_tiles.js';
import { unpoolTiles } from './unpool_tiles.js';
import type { TiledOperation } from './task.js';

/** @returns null when the operation cannot be cut to fit the chip */
export const tileOperation = (
  chip: Chip,
  operation: TaskOperation,
  stages: Stages,
  cubes: ReadonlyMap<TensorId, Cube>,
): TiledOperation | null => {
  const cubeAt = (tensor: TensorId): Cube => ofTensor(cubes, tensor, 'cube');
  if (operation.kind === 'conv') {
    const { lineBytes, atom } = cubeAt(operation.output);
    const tiles = convTiles(chip, operation, lineBytes / atom);
    return tiles === null ? null : { operation, stages, tiles };
  }
  const touched = [...operandsOf(operation), operation.output].map(cubeAt);
  const tiles = operation.kind === 'unpool' ? unpoolTiles(chip, touched) : elementwiseTiles(chip, touched);
  return { operation, stages, tiles };
};
