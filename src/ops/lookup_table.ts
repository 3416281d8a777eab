/**
 * Each code of a feature map by a table of 256 codes, the one of the smallest code first: what `rewrite/` makes of functions of
 * one value that TFLite writes as several nodes.
 */
import { coveredBy, type Tensor } from '../graph/graph.js';
import { type ByteTensor, shapeText, signedCode } from '../graph/tensor.js';
import type { Stages } from '../requantize/stages.js';
import { tableStages } from '../requantize/table_stages.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, formOf, type Known } from './shared/match.js';
import { inputOf, type OpDefinition } from './shared/rule.js';
import { constantCodes } from './shared/two_operands.js';
import { rowMaps, someByteMaps } from './shared/unary.js';

const codes = 256;

/** By a constant table of the map's type, the smallest code first; null for another tensor. */
export const lookupStages = (table: Tensor | null, type: ByteTensor['type']): Stages | null => {
  if (table?.constant !== true || table.data?.byteLength !== codes) return null;
  const values = constantCodes(table);
  // Both types' smallest code is the NPU's -128.
  const least = signedCode(type === 'int8' ? -128 : 0, type);
  return tableStages((code) => values[code - least] ?? NaN);
};

const maps = anyNode.narrow(someByteMaps).narrow(rowMaps);

const matcher = maps
  .narrow({
    name: 'table',
    text: `a constant table of ${codes} codes of the output's type, and an output of the input's shape`,
    narrow: (known: Known<typeof maps>) => {
      const { input, output, from, to } = known;
      const table = inputOf(known, 1);
      const stages = table?.type === output.type ? lookupStages(table, input.type) : null;
      if (stages === null) return 'a table of another type or size';
      return from.join() === to.join() ? { stages } : `${shapeText(input.shape)} to ${shapeText(output.shape)}`;
    },
  })
  .check(unseen('the table in int8 tasks'));

export const lookupTable: OpDefinition = {
  op: 'LOOKUP_TABLE',
  ...formOf(matcher, ({ node, input, output, stages }) => [
    { kind: 'scale', nodes: coveredBy(node), input: input.index, output: output.index, stages },
  ]),
};
