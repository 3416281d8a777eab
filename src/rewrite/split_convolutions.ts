/**
 * SPLIT into single channels, a CONV_2D of each, CONCATENATION: a DEPTHWISE_CONV_2D with the filters side by side. Older
 * converters write grouped convolutions so.
 */
import { constantInts, type Node, type Quantization, type Tensor } from '../graph/graph.js';
import type { GraphIndex, NewConstant, Rewrite } from './rewrite.js';
import { haveSameCodes } from './same_codes.js';

/** The map that a node splits into single channels, all of them in their order. */
const splitMap = (index: GraphIndex, split: Node): Tensor | null => {
  const [first, second, third] = split.inputs;
  const [map, axes] = split.op === 'SPLIT' ? [second, first] : [first, third];
  if (split.op !== 'SPLIT' && split.op !== 'SPLIT_V') return null;
  const [input, axis] = [index.tensor(map), constantInts(index.tensor(axes))];
  const parts = split.outputs.map((output) => index.tensor(output));
  if (input === null || input.shape.length !== 4 || axis === null || axis.length !== 1) return null;
  const isLast = axis[0] === 3 || axis[0] === -1;
  const isEach = parts.length === input.shape[3] && parts.every((part) => part?.shape[3] === 1);
  return isLast && isEach && haveSameCodes([input, ...parts]) ? input : null;
};

const bytesOf = (tensor: Tensor | null, size: number): Uint8Array | null =>
  tensor?.constant === true && tensor.data?.byteLength === size ? tensor.data : null;

/** One scale for each filter, or one for all. Scales of uint8 filters stand for all channels. */
const quantizationOf = (filters: readonly Tensor[]): Quantization | null => {
  const own = filters.flatMap(({ quantization }) => quantization ?? []);
  const [scales, zeroPoints] = [own.flatMap((one) => one.scales), own.flatMap((one) => one.zeroPoints)];
  if (scales.length !== filters.length || zeroPoints.length !== filters.length) return null;
  const [scale, zeroPoint] = [scales[0], zeroPoints[0]];
  const isOne = scales.every((one) => one === scale) && zeroPoints.every((one) => one === zeroPoint);
  if (isOne && scale !== undefined && zeroPoint !== undefined)
    return { scales: [scale], zeroPoints: [zeroPoint], axis: 0 };
  return filters.every(({ type }) => type === 'int8') ? { scales, zeroPoints, axis: 3 } : null;
};

/** HW of one channel each, as 1HWC. */
const joinedFilters = (filters: readonly Tensor[]): NewConstant | null => {
  const [first] = filters;
  const quantization = quantizationOf(filters);
  const [count, height, width, depth] = first?.shape ?? [];
  if (first === undefined || quantization === null || height === undefined || width === undefined) return null;
  const isAlike = filters.every(({ type, shape }) => type === first.type && shape.join() === first.shape.join());
  if (!isAlike || count !== 1 || depth !== 1 || first.shape.length !== 4) return null;
  const taps = height * width;
  const own = filters.flatMap((filter) => bytesOf(filter, taps) ?? []);
  if (own.length !== filters.length) return null;
  const data = new Uint8Array(taps * filters.length);
  for (const [channel, bytes] of own.entries())
    for (const [tap, byte] of bytes.entries()) data[tap * filters.length + channel] = byte;
  return { ...first, shape: [1, height, width, filters.length], data, quantization };
};

const joinedBiases = (index: GraphIndex, convs: readonly Node[]): NewConstant | null => {
  const data = new Uint8Array(4 * convs.length);
  for (const [channel, { inputs }] of convs.entries()) {
    const bias = index.tensor(inputs[2]);
    const bytes = bias?.type === 'int32' ? bytesOf(bias, 4) : null;
    // TFLite refuses quantized convolutions without one.
    if (bytes === null) return null;
    data.set(bytes, 4 * channel);
  }
  const shape = [convs.length];
  return { name: 'bias', type: 'int32', shape, quantization: null, constant: true, variable: false, data };
};

const sameParams = (nodes: readonly Node[]): boolean =>
  new Set(nodes.map(({ params }) => JSON.stringify(Object.entries(params).sort()))).size === 1;

export const splitConvolutions: Rewrite = {
  text: 'SPLIT into single channels, a CONV_2D of each, CONCATENATION: DEPTHWISE_CONV_2D',
  ops: ['CONCATENATION'],
  match: (index, node) => {
    const results = node.inputs.map((input) => index.tensor(input));
    const convs = node.inputs.flatMap((input) => index.producerOf(input) ?? []);
    const output = index.tensor(node.outputs[0]);
    const split = index.producerOf(convs[0]?.inputs[0]);
    const { axis, activation } = node.params;
    if (split === null || output?.shape.length !== 4 || activation !== 0 || (axis !== 3 && axis !== -1)) return null;
    const map = splitMap(index, split);
    const isWhole = convs.length === node.inputs.length && convs.every(({ op }) => op === 'CONV_2D');
    if (map === null || !isWhole || !sameParams(convs) || !haveSameCodes([output, ...results])) return null;
    // Each takes the next channel.
    if (convs.map(({ inputs }) => inputs[0]).join() !== split.outputs.join()) return null;
    const filters = convs.flatMap(({ inputs }) => index.tensor(inputs[1]) ?? []);
    const [filter, bias] = [joinedFilters(filters), joinedBiases(index, convs)];
    const [first] = convs;
    if (filter === null || bias === null || first === undefined || filters.length !== convs.length) return null;
    return {
      op: 'DEPTHWISE_CONV_2D',
      inputs: [map.index, filter, bias],
      params: { ...first.params, depthMultiplier: 1 },
      nodes: [...convs, split, node],
      whole: true,
    };
  },
};
