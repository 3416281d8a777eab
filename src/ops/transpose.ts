/** TRANSPOSE between NCHW and NHWC at the border of the graph: the host reads or writes the bytes in the other order. */
import { constantInts } from '../model/graph.js';
import { borderSide } from './border.js';
import { maps, oneQuantization, oneType, perTensor, planes } from './common_rules.js';
import { permuteHost, permuteRank } from './host_permute.js';
import type { PermuteKernel } from './operation.js';
import { inputOf, type OpContext, type OpDefinition } from './rule.js';

const orders = { input: [0, 2, 3, 1], output: [0, 3, 1, 2] } as const;

const sideOf = (context: OpContext): 'input' | 'output' | null => {
  const order = constantInts(inputOf(context, 1));
  const side = borderSide(context);
  return side !== null && order?.length === 4 && orders[side].every((axis, i) => axis === order[i]) ? side : null;
};

/** @returns null for an order that is no permutation of the input's dimensions */
const orderOf = (context: OpContext): PermuteKernel | null => {
  const shape = inputOf(context, 0)?.shape ?? [];
  const order = constantInts(inputOf(context, 1)) ?? [];
  const isOrder = order.length === shape.length && shape.every((_, axis) => order.includes(axis));
  return isOrder && shape.length <= permuteRank ? { kind: 'permute', shape, order } : null;
};

export const transpose: OpDefinition = {
  op: 'TRANSPOSE',
  rules: [
    oneType(maps(0)),
    planes((context) => [inputOf(context, 0)]),
    perTensor(maps(0)),
    oneQuantization(maps(0)),
    {
      name: 'border',
      text: 'from NCHW where it alone takes an input of the graph, or to NCHW where it makes an output',
      broken: (context) =>
        sideOf(context) === null ? `order ${constantInts(inputOf(context, 1))?.join(', ') ?? 'not constant'}` : null,
    },
  ],
  lower: (context) => {
    const { node } = context;
    const side = sideOf(context);
    const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
    return side === null ? [] : [{ kind: 'border', nodes: [node.index], input, output, side, layout: 'nchw' }];
  },
  host: permuteHost(orderOf),
};
