/** DEPTH_TO_SPACE: groups of channels are planes, whose pixels take turns in the output. */
import { buffer, pickArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { maps, planes, sameCodes, unseen } from './shared/common_rules.js';
import { interleave } from '../ir/build/interleave.js';
import type { Operation } from '../ir/operation.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpDefinition, outputOf, wrongShape } from './shared/rule.js';

/** Every output pixel of a block makes moves of its own. */
const largestBlock = 8;

export const depthToSpace: OpDefinition = {
  op: 'DEPTH_TO_SPACE',
  rules: [
    ...sameCodes(maps(0), planes),
    {
      name: 'block',
      text: `blocks of at most ${largestBlock}x${largestBlock}, and the output shape that follows from them`,
      broken: (context) => {
        const block = context.node.params['blockSize'] ?? 0;
        if (block < 1 || block > largestBlock) return `blocks of ${block}x${block}`;
        const [height, width, channels] = planeOf(inputOf(context, 0));
        return wrongShape(planeOf(outputOf(context)), [height * block, width * block, channels / block ** 2]);
      },
    },
    unseen('a copy by the DPU alone'),
  ],
  lower: (context) => {
    const { node } = context;
    const block = node.params['blockSize'] ?? 1;
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    const from = planeOf(inputOf(context, 0));
    const channels = from[2] / block ** 2;
    const plane: Plane = [from[0], from[1], channels];
    const nodes = [node.index];
    const spare = new Spare(context.spare);
    const operations: Operation[] = [];
    const made = Array.from({ length: block }, (_, row) =>
      Array.from({ length: block }, (__, column) => {
        const group = buffer(nodes, spare.next(), plane);
        const picked = { ...wholeArea(input, from), shape: plane, channel: (row * block + column) * channels };
        operations.push(group, ...pickArea(picked, wholeArea(group.output, plane), nodes, spare));
        return group.output;
      }),
    );
    return [...operations, ...interleave(made, plane, output, nodes, spare)];
  },
};
