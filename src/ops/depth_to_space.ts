/** DEPTH_TO_SPACE: groups of channels are planes, whose pixels take turns in the output. */
import { buffer, pickArea, type Plane, wholeArea } from '../ir/build/arrange.js';
import { unseen } from './shared/common_rules.js';
import { formOf, type Narrowing } from './shared/match.js';
import { type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';
import { interleave } from '../ir/build/interleave.js';
import type { Operation } from '../ir/operation.js';
import { type OpContext, type OpDefinition, wrongShape } from './shared/rule.js';

/** Every output pixel of a block makes moves of its own. */
const largestBlock = 8;

const blocks: Narrowing<OpContext & PlaneMaps, { readonly block: number; readonly plane: Plane }> = {
  name: 'block',
  text: `blocks of at most ${largestBlock}x${largestBlock}, and the output shape that follows from them`,
  narrow: ({ node, from: [height, width, channels], to }) => {
    const block = node.params['blockSize'];
    if (block === undefined || block < 1 || block > largestBlock) return `blocks of ${block}x${block}`;
    const plane: Plane = [height, width, channels / block ** 2];
    return wrongShape(to, [height * block, width * block, plane[2]]) ?? { block, plane };
  },
};

export const depthToSpace: OpDefinition = {
  op: 'DEPTH_TO_SPACE',
  ...formOf(
    sameCodeMaps(planeMaps).narrow(blocks).check(unseen('a copy by the DPU alone')),
    ({ chip, node, input, output, from, block, plane }, fresh) => {
      const nodes = [node.index];
      const operations: Operation[] = [];
      const made = Array.from({ length: block }, (_, row) =>
        Array.from({ length: block }, (__, column) => {
          const group = buffer(nodes, fresh.next(), plane);
          const channel = (row * block + column) * plane[2];
          const picked = { ...wholeArea(input.index, from), shape: plane, channel };
          operations.push(group, ...pickArea(chip, picked, wholeArea(group.output, plane), nodes, fresh));
          return group.output;
        }),
      );
      return [...operations, ...interleave(made, plane, output.index, nodes, fresh)];
    },
  ),
};
