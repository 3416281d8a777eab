/**
 * SPACE_TO_DEPTH. Channels in whole atoms: each pixel of a block is copied with a stride to its group of channels. Others:
 * one convolution whose window is the block and whose kernels pick one value each.
 */
import { kernelWrong } from '../hardware/capability.js';
import { copyStages } from '../requantize/copy_stages.js';
import { areaTensor, type Plane, type FreshIds, wholeArea } from '../ir/build/arrange.js';
import { mostPicked, placedCopy, plainGeometry, unscaled } from '../ir/build/copy.js';
import type { ConvGeometry, MoveOperation, Operation } from '../ir/operation.js';
import { unseen } from './shared/common_rules.js';
import { formOf, type Narrowing } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { type OpContext, type OpDefinition, wrongShape } from './shared/rule.js';
import { type ByteMaps, type PlaneMaps, planeMaps, sameCodeMaps } from './shared/unary.js';

type Maps = OpContext & ByteMaps & PlaneMaps;

interface Block {
  readonly block: number;
}

const blockRule: Narrowing<Maps, Block> = {
  name: 'block',
  text: ({ limits }) =>
    `blocks of at most ${limits.stride}x${limits.stride}, and the output shape that follows from them; planes to ${limits.plane}`,
  narrow: ({ node, chip: { limits }, from: [height, width, channels], to }) => {
    const block = optionOf(node, 'blockSize');
    if (block < 1 || block > limits.stride) return `blocks of ${block}x${block}`;
    const wrong = wrongShape(to, [height / block, width / block, channels * block ** 2]);
    if (wrong !== null) return wrong;
    return Math.max(height, width) > limits.plane ? `a plane of ${height}x${width}` : { block };
  },
};

/** Pixels from one output to the next; a single output has no stride. */
const strides = ({ to: [height, width], block }: Maps & Block): Pick<ConvGeometry, 'strideY' | 'strideX'> => ({
  strideY: height === 1 ? 1 : block,
  strideX: width === 1 ? 1 : block,
});

/** Of the convolution over whole blocks. */
const geometryOf = (known: Maps & Block): ConvGeometry => {
  const { from, to, block } = known;
  const [outputHeight, outputWidth, outputChannels] = to;
  return {
    ...plainGeometry(from, outputChannels),
    ...strides(known),
    outputHeight,
    outputWidth,
    kernelHeight: block,
    kernelWidth: block,
  };
};

interface Way {
  /** Of the convolution; null where groups of channels start at whole atoms of the output and are copied. */
  readonly geometry: ConvGeometry | null;
}

const wayRule: Narrowing<Maps & Block, Way> = {
  name: 'kernel',
  text: ({ atoms }) => `channels that are a multiple of ${atoms.channels}, or at most ${mostPicked} values in a block`,
  narrow: (known) => {
    const { chip, from } = known;
    if (from[2] % chip.atoms.channels === 0) return { geometry: null };
    const geometry = geometryOf(known);
    const values = geometry.outputChannels;
    if (values > mostPicked) return `${values} values in a block`;
    return kernelWrong(chip, geometry, false) ?? { geometry };
  },
};

/** In TFLite's order a window holds its values as the output's channels do: the kernels are an identity matrix. */
const picked = ({ node, input, output }: Maps, geometry: ConvGeometry): Operation => {
  const channels = geometry.outputChannels;
  const weights = new Int8Array(channels * channels);
  for (let c = 0; c < channels; c++) weights[c * channels + c] = 1;
  return {
    kind: 'conv',
    nodes: [node.index],
    input: input.index,
    output: output.index,
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
const copied = (known: Maps & Block, fresh: FreshIds): readonly Operation[] => {
  const { node, block } = known;
  const nodes = [node.index];
  const [from, to] = [wholeArea(known.input.index, known.from), wholeArea(known.output.index, known.to)];
  const [height, width] = to.plane;
  const channels = from.plane[2];
  /** From the first pixel of that place in a block to the last. */
  const span: Plane = [(height - 1) * block + 1, (width - 1) * block + 1, channels];
  return Array.from({ length: block ** 2 }, (_, place): readonly Operation[] => {
    const first = Math.floor(place / block) * from.plane[1] + (place % block);
    const input = areaTensor({ ...from, shape: span, first }, nodes, fresh);
    const area = { ...to, shape: [height, width, channels] as const, channel: place * channels };
    const output = areaTensor(area, nodes, fresh);
    const move: MoveOperation = { kind: 'move', nodes, input: input.tensor, output: output.tensor };
    const places = { ...strides(known), outputHeight: height, outputWidth: width };
    return [...input.views, ...output.views, placedCopy(move, span, places)];
  }).flat();
};

export const spaceToDepth: OpDefinition = {
  op: 'SPACE_TO_DEPTH',
  ...formOf(
    sameCodeMaps(planeMaps).narrow(blockRule).narrow(wayRule).check(unseen('a convolution without a requantization')),
    (known, fresh) => (known.geometry === null ? copied(known, fresh) : [picked(known, known.geometry)]),
  ),
};
