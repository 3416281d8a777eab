/**
 * What a tensor of a whole run may differ by: a count for each op that rounds, on the longest path to it, and more only
 * where a scale or a weight makes more of 1 LSB of an earlier tensor.
 */
import { perTensorOf } from '../graph/tensor.js';
import { at, ofChannel } from '../in_range.js';
import type { Graph, Node, Tensor } from '../graph/graph.js';
import { entryOf } from '../tflite/operators.js';

export interface Bound {
  /** Ops that round, on the longest path. */
  readonly depth: number;
  /** Counts, if each op is off by one and the ops behind pass it on. */
  readonly passedOn: number;
}

export const countsOf = ({ depth, passedOn }: Bound): number => Math.max(depth, Math.floor(passedOn));

const none: Bound = { depth: 0, passedOn: 0 };

/** The steepest slope of a function, in real values; anything else may be as steep as it likes. */
const slopes: Readonly<Record<string, number>> = {
  LOGISTIC: 0.25,
  TANH: 1,
  HARD_SWISH: 1.5,
  GELU: 1.13,
  ELU: 1,
  ABS: 1,
  RELU: 1,
  RELU6: 1,
  RELU_N1_TO_1: 1,
  RELU_0_TO_1: 1,
  LEAKY_RELU: 1,
  PRELU: 1,
  QUANTIZE: 1,
  ADD: 1,
  SUB: 1,
  MEAN: 1,
  AVERAGE_POOL_2D: 1,
  RESIZE_BILINEAR: 1,
  CONCATENATION: 1,
};

const weighted = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED']);

/** Of what has no scale one count is one. */
const countsAlone = { scale: 1, stored: 0 };

const quantizationOf = (tensor: Tensor | undefined) =>
  tensor === undefined ? countsAlone : (perTensorOf(tensor) ?? countsAlone);

const scaleOf = (tensor: Tensor | undefined): number => quantizationOf(tensor).scale;

/** The largest weight, in counts of the output for 1 LSB of the input. */
const largestWeight = (filter: Tensor, input: number, output: number): number => {
  const { data, quantization, type, shape } = filter;
  if (data === null || quantization === null) return Infinity;
  const { scales, zeroPoints, axis } = quantization;
  const inner = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  let largest = 0;
  for (const [i, byte] of data.entries()) {
    const channel = scales.length === 1 ? 0 : Math.floor(i / inner) % scales.length;
    const code = type === 'int8' ? (byte << 24) >> 24 : byte;
    const zero = zeroPoints.length === 0 ? 0 : ofChannel(zeroPoints, channel);
    largest = Math.max(largest, Math.abs(code - zero) * at(scales, channel));
  }
  return (largest * input) / output;
};

/** Real value of the code that is farthest from the zero-point. */
const reachOf = (tensor: Tensor | undefined): number => {
  const low = tensor?.type === 'uint8' ? 0 : -128;
  const { scale, stored } = quantizationOf(tensor);
  return scale * Math.max(stored - low, low + 255 - stored);
};

const boundOf = (graph: Graph, node: Node, bounds: ReadonlyMap<number, Bound>, output: Tensor): Bound => {
  const { op } = node;
  const inputs = node.inputs.filter((tensor) => tensor !== -1);
  const known = inputs.map((tensor) => bounds.get(tensor) ?? none);
  const tensors = inputs.map((tensor) => graph.tensors.get(tensor));
  const deepest = Math.max(0, ...known.map(({ depth }) => depth));
  if (entryOf(op).codes === 'kept')
    return { depth: deepest, passedOn: Math.max(0, ...known.map(({ passedOn }) => passedOn)) };
  const out = scaleOf(output);
  const differing = known.some(({ passedOn }) => passedOn > 0);
  const gain = (i: number): number => {
    if (weighted.has(op)) {
      const [data, filter] = op === 'TRANSPOSE_CONV' ? [tensors[2], tensors[1]] : [tensors[0], tensors[1]];
      const isData = i === (op === 'TRANSPOSE_CONV' ? 2 : 0);
      return isData && filter !== undefined ? largestWeight(filter, scaleOf(data), out) : 0;
    }
    if (op === 'MUL') return (scaleOf(tensors[i]) * reachOf(tensors[1 - i])) / out;
    if (op === 'SQUARED_DIFFERENCE')
      return (2 * scaleOf(tensors[i]) * (reachOf(tensors[0]) + reachOf(tensors[1]))) / out;
    const slope = slopes[op];
    return slope === undefined ? Infinity : (slope * scaleOf(tensors[i])) / out;
  };
  const gains = differing ? known.map(({ passedOn }, i) => (passedOn === 0 ? 0 : passedOn * gain(i))) : [];
  const sums = ['ADD', 'SUB', 'MUL', 'SQUARED_DIFFERENCE'].includes(op);
  const passed = sums ? gains.reduce((sum, one) => sum + one, 0) : Math.max(0, ...gains);
  return { depth: deepest + 1, passedOn: 1 + passed };
};

/** Of every tensor that the nodes make; what they take of others is as it should be. */
export const boundsOf = (graph: Graph, nodes: readonly number[]): ReadonlyMap<number, Bound> => {
  const bounds = new Map<number, Bound>();
  for (const node of graph.nodes) {
    if (!nodes.includes(node.index)) continue;
    for (const tensor of node.outputs) {
      const output = graph.tensors.get(tensor);
      if (output !== undefined) bounds.set(tensor, boundOf(graph, node, bounds, output));
    }
  }
  return bounds;
};
