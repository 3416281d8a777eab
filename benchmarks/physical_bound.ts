/**
 * What no program for the chip can undercut without merging nodes: every multiply-accumulate at the full rate of its kind,
 * every value of a node's inputs, weights and outputs moved once, of each node whichever takes longer; no dispatch.
 */
import type { Chip } from '../src/hardware/chips.js';
import { elementCount, type Graph, type Node } from '../src/graph/graph.js';
import { bytesOf, type TaskCost } from '../src/hardware/speed.js';
import { macsOf } from '../src/partition/cpu.js';

/** Values that may be had by addresses alone. */
const places = new Set([
  ...[
    'BATCH_TO_SPACE_ND',
    'CONCATENATION',
    'DEPTH_TO_SPACE',
    'EXPAND_DIMS',
    'MIRROR_PAD',
    'PACK',
    'PAD',
    'PADV2',
    'RESHAPE',
  ],
  ...['REVERSE_V2', 'SLICE', 'SPACE_TO_BATCH_ND', 'SPACE_TO_DEPTH', 'SPLIT', 'SPLIT_V', 'SQUEEZE', 'STRIDED_SLICE'],
  ...['TRANSPOSE', 'UNPACK'],
]);

const leastCost = (chip: Chip, graph: Graph, node: Node): TaskCost => {
  const rate = node.op === 'DEPTHWISE_CONV_2D' ? chip.atoms.depthwiseChannels : chip.clocks.macsPerCycle;
  const bytes = (tensor: number): number => {
    const { type, shape } = graph.tensors.get(tensor) ?? { type: 'other', shape: [0] };
    return elementCount(shape) * (type === 'int32' || type === 'float32' ? 4 : 1);
  };
  const isConstant = (tensor: number): boolean => graph.tensors.get(tensor)?.constant === true;
  const sum = (tensors: readonly number[]): number => tensors.reduce((total, tensor) => total + bytes(tensor), 0);
  return {
    cycles: macsOf(graph, node) / rate,
    bytes: {
      input: sum(node.inputs.filter((tensor) => tensor >= 0 && !isConstant(tensor))),
      weights: sum(node.inputs.filter((tensor) => tensor >= 0 && isConstant(tensor))),
      operands: 0,
      output: sum(node.outputs),
    },
  };
};

/** @param nodes that the NPU takes */
export const leastCosts = (chip: Chip, graph: Graph, nodes: readonly number[]): readonly TaskCost[] => {
  const taken = new Set(nodes);
  return graph.nodes
    .filter(({ index, op }) => taken.has(index) && !places.has(op))
    .map((node) => leastCost(chip, graph, node))
    .filter(({ bytes }) => bytesOf(bytes) > 0);
};
