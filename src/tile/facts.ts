/** The inferred hardware facts that an operation rests on: of its numbers, and of the form of its tasks. */
import type { TiledOperation } from './task.js';

/** Names of `hardware/facts.ts`. */
export const factsOf = (tiled: TiledOperation): readonly string[] => {
  const { operation, stages, tiles } = tiled;
  if (operation.kind !== 'conv') return stages.facts;
  const columns = tiles.some((tile) => 'outputColumns' in tile && tile.outputColumns < operation.geometry.outputWidth);
  return [
    ...stages.facts,
    ...(operation.depthwise && stages.bs?.multiply instanceof Int32Array ? ['depthwise_operand_group'] : []),
    ...(columns ? ['output_notch'] : []),
  ];
};
