/** The inferred hardware facts that an operation rests on: of its numbers, and of the form of its tasks. */
import type { Cube } from '../layout/cube.js';
import { hasWholeRows } from '../place/spots.js';
import { stageFacts } from '../requantize/stage_facts.js';
import type { TiledOperation } from './task.js';

/** Names of `hardware/facts.ts`. */
export const factsOf = (tiled: TiledOperation, output: Cube): readonly string[] => {
  const { operation, stages, tiles } = tiled;
  const gaps = hasWholeRows(output) ? [] : ['output_notch'];
  const own = stageFacts(stages);
  if (operation.kind !== 'conv') return [...new Set([...own, 'int8_flying', ...gaps])];
  const columns = tiles.some((tile) => 'outputColumns' in tile && tile.outputColumns < operation.geometry.outputWidth);
  return [
    ...own,
    ...(operation.depthwise && stages.bs?.multiply instanceof Int32Array ? ['depthwise_operand_group'] : []),
    ...(operation.geometry.apart === undefined ? [] : ['deconv_gaps']),
    ...(columns ? ['output_notch'] : gaps),
  ];
};
