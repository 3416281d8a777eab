/** The inferred hardware facts that an operation rests on: of its numbers, and of the form of its tasks. */
import type { Cube } from '../layout/cube.js';
import { hasWholeRows } from '../place/spots.js';
import type { Stages } from '../quantize/stages.js';
import type { TiledOperation } from './task.js';

/** Facts that follow from which parts of the stages are in use. */
const stageFacts = ({ bn, out, table }: Stages): readonly string[] => [
  ...(bn?.add != null && bn.multiply !== null ? ['bn_order'] : []),
  ...(bn?.add instanceof Int32Array || bn?.multiply instanceof Int32Array ? ['bn_operand_packing'] : []),
  ...(out.ties === 'up' ? ['cvt_round_bit'] : []),
  ...(table === undefined ? [] : ['int8_lut', 'chained_lut_load']),
];

/** Names of `hardware/facts.ts`. */
export const factsOf = (tiled: TiledOperation, output: Cube): readonly string[] => {
  const { operation, stages, tiles } = tiled;
  const gaps = hasWholeRows(output) ? [] : ['output_notch'];
  const own = [...stages.facts, ...stageFacts(stages)];
  if (operation.kind !== 'conv') return [...new Set([...own, 'int8_flying', ...gaps])];
  const columns = tiles.some((tile) => 'outputColumns' in tile && tile.outputColumns < operation.geometry.outputWidth);
  return [
    ...new Set(own),
    ...(operation.depthwise && stages.bs?.multiply instanceof Int32Array ? ['depthwise_operand_group'] : []),
    ...(operation.geometry.apart === undefined ? [] : ['deconv_gaps']),
    ...(columns ? ['output_notch'] : gaps),
  ];
};
