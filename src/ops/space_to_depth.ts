/**
 * SPACE_TO_DEPTH. Channels in whole atoms: each pixel of a block is copied with a stride to its group of channels. Others:
 * one convolution whose window is the block and whose kernels pick one value each.
 */
import { atoms, limits } from '../hardware/limits.js';
import { copyStages } from '../requantize/copy_stages.js';
import { areaTensor, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { maps, planes, sameCodes, unseen } from './shared/common_rules.js';
import { kernelWrong } from './convolution.js';
import { placedCopy, plainGeometry, unscaled } from '../ir/build/copy.js';
import type { ConvGeometry, MoveOperation, Operation } from '../ir/operation.js';
import { planeOf } from '../graph/tensor.js';
import { inputOf, type OpContext, type OpDefinition, outputOf, wrongShape } from './shared/rule.js';

const blockOf = ({ node }: OpContext): number => node.params['blockSize'] ?? 0;

/** Whether groups of channels start at whole atoms of the output. */
const isAligned = (context: OpContext): boolean => planeOf(inputOf(context, 0))[2] % atoms.channels === 0;

/** Pixels from one output to the next; a single output has no stride. */
const strides = (context: OpContext): Pick<ConvGeometry, 'strideY' | 'strideX'> => {
  const [height, width] = planeOf(outputOf(context));
  const block = blockOf(context);
  return { strideY: height === 1 ? 1 : block, strideX: width === 1 ? 1 : block };
};

/** Of the convolution over whole blocks. */
const geometryOf = (context: OpContext): ConvGeometry => {
  const [outputHeight, outputWidth, outputChannels] = planeOf(outputOf(context));
  const [kernelHeight, kernelWidth] = [blockOf(context), blockOf(context)];
  return {
    ...plainGeometry(planeOf(inputOf(context, 0)), outputChannels),
    ...strides(context),
    outputHeight,
    outputWidth,
    kernelHeight,
    kernelWidth,
  };
};

/** In TFLite's order a window holds its values as the output's channels do: the kernels are an identity matrix. */
const picked = (context: OpContext): Operation => {
  const { node } = context;
  const geometry = geometryOf(context);
  const channels = geometry.outputChannels;
  const weights = new Int8Array(channels * channels);
  for (let c = 0; c < channels; c++) weights[c * channels + c] = 1;
  return {
    kind: 'conv',
    nodes: [node.index],
    input: node.inputs[0] ?? -1,
    output: node.outputs[0] ?? -1,
    depthwise: false,
    geometry,
    weights,
    weightZeroPoint: 0,
    inputZeroPoint: 0,
    numbers: unscaled(channels),
    stages: copyStages,
    residual: null,
  };
};

/** Groups in the order of their channels: a copy may write lanes behind its own, over those of groups that follow. */
const copied = (context: OpContext): readonly Operation[] => {
  const { node } = context;
  const nodes = [node.index];
  const spare = new Spare(context.spare);
  const block = blockOf(context);
  const from = wholeArea(node.inputs[0] ?? -1, planeOf(inputOf(context, 0)));
  const to = wholeArea(node.outputs[0] ?? -1, planeOf(outputOf(context)));
  const [height, width] = to.plane;
  const channels = from.plane[2];
  /** From the first pixel of that place in a block to the last. */
  const span: Plane = [(height - 1) * block + 1, (width - 1) * block + 1, channels];
  return Array.from({ length: block ** 2 }, (_, place): readonly Operation[] => {
    const first = Math.floor(place / block) * from.plane[1] + (place % block);
    const input = areaTensor({ ...from, shape: span, first }, nodes, spare);
    const area = { ...to, shape: [height, width, channels] as const, channel: place * channels };
    const output = areaTensor(area, nodes, spare);
    const move: MoveOperation = { kind: 'move', nodes, input: input.tensor, output: output.tensor };
    const places = { ...strides(context), outputHeight: height, outputWidth: width };
    return [...input.views, ...output.views, placedCopy(move, span, places)];
  }).flat();
};

export const spaceToDepth: OpDefinition = {
  op: 'SPACE_TO_DEPTH',
  rules: [
    ...sameCodes(maps(0), planes),
    {
      name: 'block',
      text: `blocks of at most ${limits.stride}x${limits.stride}, and the output shape that follows from them; planes to ${limits.plane}`,
      broken: (context) => {
        const block = blockOf(context);
        if (block < 1 || block > limits.stride) return `blocks of ${block}x${block}`;
        const [height, width, channels] = planeOf(inputOf(context, 0));
        const wanted = [height / block, width / block, channels * block ** 2];
        const wrong = wrongShape(planeOf(outputOf(context)), wanted);
        if (wrong !== null) return wrong;
        return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : null;
      },
    },
    {
      name: 'kernel',
      text: `channels that are a multiple of ${atoms.channels}, or at most ${limits.contraction} values in a block`,
      broken: (context) => (isAligned(context) ? null : kernelWrong(geometryOf(context), false)),
    },
    unseen('a convolution without a requantization'),
  ],
  lower: (context) => (isAligned(context) ? copied(context) : [picked(context)]),
};
