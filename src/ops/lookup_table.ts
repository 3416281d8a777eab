/**
 * Each code of a feature map by a table of 256 codes, the one of the smallest code first: what `rewrite/` makes of functions of
 * one value that TFLite writes as several nodes.
 */
import { coveredBy } from '../graph/graph.js';
import { shapeText, signedCode } from '../graph/tensor.js';
import { tableStages } from '../requantize/table_stages.js';
import { unseen } from './shared/common_rules.js';
import { anyNode, formOf, type Known } from './shared/match.js';
import { inputOf, type OpDefinition } from './shared/rule.js';
import { constantCodes } from './shared/two_operands.js';
import { rowMaps, someByteMaps } from './shared/unary.js';

const codes = 256;

const maps = anyNode.narrow(someByteMaps).narrow(rowMaps);

const matcher = maps
  .narrow({
    name: 'table',
    text: `a constant table of ${codes} codes of the output's type, and an output of the input's shape`,
    narrow: (known: Known<typeof maps>) => {
      const { input, output, from, to } = known;
      const table = inputOf(known, 1);
      if (table?.constant !== true || table.type !== output.type || table.data?.byteLength !== codes)
        return 'a table of another type or size';
      return from.join() === to.join()
        ? { table: constantCodes(table) }
        : `${shapeText(input.shape)} to ${shapeText(output.shape)}`;
    },
  })
  .check(unseen('the table in int8 tasks'));

export const lookupTable: OpDefinition = {
  op: 'LOOKUP_TABLE',
  ...formOf(matcher, ({ node, input, output, table }) => {
    // Both types' smallest code is the NPU's -128.
    const least = signedCode(input.type === 'int8' ? -128 : 0, input.type);
    const stages = tableStages((code) => table[code - least] ?? NaN);
    return [{ kind: 'scale', nodes: coveredBy(node), input: input.index, output: output.index, stages }];
  }),
};
