/** Channels in another order, by one 1x1 convolution: RESHAPE, TRANSPOSE, RESHAPE (`rewrite/channel_shuffle.ts`). */
import { kernelText, kernelWrong } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { constantInts, coveredBy, elementCount } from '../graph/graph.js';
import { shapeText } from '../graph/tensor.js';
import { areaTensor, wholeArea } from '../ir/build/arrange.js';
import { plainGeometry, selection } from '../ir/build/copy.js';
import { formOf, type Known } from './shared/match.js';
import { inputOf, type OpDefinition } from './shared/rule.js';
import { rowMaps, sameCodeMaps } from './shared/unary.js';

const maps = sameCodeMaps(rowMaps);

const matcher = maps
  .narrow({
    name: 'channels',
    text: (chip: Chip) =>
      `a constant list of the input's channels, one for each channel of the output, and as many pixels; ${kernelText(chip)}`,
    narrow: (known: Known<typeof maps>) => {
      const channels = constantInts(inputOf(known, 1));
      const { input, output, from, to } = known;
      if (channels?.length !== to[2] || channels.some((channel) => channel < 0 || channel >= from[2]))
        return 'a list of other channels';
      if (elementCount(input.shape) * to[2] !== elementCount(output.shape) * from[2])
        return `${shapeText(input.shape)} to ${shapeText(output.shape)}`;
      return kernelWrong(known.chip, plainGeometry(from, to[2]), false) ?? { channels };
    },
  })
  .check({
    name: 'trust',
    text: 'with trust=seen: a copy by the DPU alone was not seen on silicon',
    broken: ({ trust }) => (trust === 'seen' ? 'a copy by the DPU alone' : null),
  });

export const channelShuffle: OpDefinition = {
  op: 'CHANNEL_SHUFFLE',
  ...formOf(matcher, ({ node, input, output, from, to, channels }, fresh) => {
    const nodes = coveredBy(node);
    const shape = [to[0], to[1], from[2]] as const;
    const source = areaTensor({ ...wholeArea(input.index, from), shape, line: to[1] }, nodes, fresh);
    const move = { kind: 'move', nodes, input: source.tensor, output: output.index } as const;
    return [...source.views, selection(move, shape, channels)];
  }),
};
