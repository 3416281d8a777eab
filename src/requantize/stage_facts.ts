/** The inferred hardware facts that stages rest on: what made them says some, others follow from the parts that are in use. */
import type { Stages } from './stages.js';

/** Names of `hardware/facts.ts`. */
export const stageFacts = ({ facts, bn, out, table }: Stages): readonly string[] => [
  ...new Set([
    ...facts,
    ...(bn?.add != null && bn.multiply !== null ? ['bn_order'] : []),
    ...(bn?.add instanceof Int32Array || bn?.multiply instanceof Int32Array ? ['bn_operand_packing'] : []),
    ...(out.ties === 'up' ? ['cvt_round_bit'] : []),
    ...(table === undefined ? [] : ['int8_lut', 'chained_lut_load']),
  ]),
];
