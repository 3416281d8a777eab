/** CONV_2D with as many groups as channels, one filter for each: a DEPTHWISE_CONV_2D, which the NPU has a mode for. */
import { elementCount, type Tensor } from '../graph/graph.js';
import type { NewConstant, Rewrite } from './rewrite.js';

/** OHWI of one input channel as 1HWC; null where the data are not all there. */
const channelWise = (filter: Tensor): NewConstant | null => {
  const { data, quantization } = filter;
  const [channels, height, width] = filter.shape;
  if (channels === undefined || height === undefined || width === undefined || data === null) return null;
  if (data.byteLength !== elementCount(filter.shape)) return null;
  const taps = height * width;
  const turned = new Uint8Array(data.byteLength);
  for (const [at, byte] of data.entries()) turned[(at % taps) * channels + Math.floor(at / taps)] = byte;
  return {
    ...filter,
    shape: [1, height, width, channels],
    data: turned,
    quantization: quantization === null ? null : { ...quantization, axis: 3 },
  };
};

export const depthwiseGroups: Rewrite = {
  text: 'CONV_2D with one group for each channel: DEPTHWISE_CONV_2D',
  ops: ['CONV_2D'],
  match: (index, node) => {
    const [input, filter] = [index.tensor(node.inputs[0]), index.tensor(node.inputs[1])];
    const channels = input?.shape[3];
    if (input === null || filter === null || filter.shape.length !== 4 || channels === undefined) return null;
    // Several outputs for each channel are a direct convolution either way.
    if (channels === 1 || filter.shape[0] !== channels || filter.shape[3] !== 1) return null;
    const { scales = [], axis } = filter.quantization ?? {};
    if (scales.length > 1 && axis !== 0) return null;
    const turned = channelWise(filter);
    if (turned === null) return null;
    return {
      op: 'DEPTHWISE_CONV_2D',
      inputs: [input.index, turned, ...node.inputs.slice(2)],
      params: { ...node.params, depthMultiplier: 1 },
      nodes: [node],
    };
  },
};
