/**
 * RESHAPE, SQUEEZE, EXPAND_DIMS. Where the channels stay, it is another name for the same memory. Where pixels become
 * channels or channels pixels, each group of channels is moved by itself.
 */
import { atomChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { elementCount } from '../graph/graph.js';
import {
  type Area,
  joinChannels,
  moveArea,
  pickArea,
  type Plane,
  type FreshIds,
  wholeArea,
} from '../ir/build/arrange.js';
import { mostPicked } from '../ir/build/copy.js';
import { borderSide } from './shared/border.js';
import { permuteHost } from './host_permute.js';
import type { Operation } from '../ir/operation.js';
import { shapeText } from '../graph/tensor.js';
import { formOf, type Known } from './shared/match.js';
import { inputOf, type OpDefinition, type Rule } from './shared/rule.js';
import { rowMaps, sameCodeMaps } from './shared/unary.js';

/** More tasks than this for one node cost more than the node is worth. */
export const mostMoves = 64;

/** What a node becomes, once there are numbers for the tensors that it makes. */
export type Moves = (fresh: FreshIds) => readonly Operation[];

/** The pixels `first`, `first + step`, ... as rows of one pixel. */
const everyPixel = (tensor: number, plane: Plane, first: number, step: number): Area => {
  const [height, width, channels] = plane;
  return { tensor, plane, shape: [(height * width) / step, 1, channels], channel: 0, first, line: step };
};

/** `groups` pixels become one. */
const pixelsToChannels =
  (chip: Chip, input: Area, output: Area, groups: number, nodes: readonly number[]): Moves =>
  (fresh) => {
    const pixels = output.plane[0] * output.plane[1];
    const parts = Array.from({ length: groups }, (_, g) => everyPixel(input.tensor, input.plane, g, groups));
    const to: Area = { ...output, shape: [pixels, 1, output.plane[2]], line: 1 };
    return joinChannels(chip, parts, to, nodes, fresh);
  };

/** One pixel becomes `groups` pixels. */
const channelsToPixels =
  (chip: Chip, input: Area, output: Area, groups: number, nodes: readonly number[]): Moves =>
  (fresh) => {
    const pixels = input.plane[0] * input.plane[1];
    const channels = output.plane[2];
    return Array.from({ length: groups }, (_, g): readonly Operation[] => {
      const from: Area = { ...input, shape: [pixels, 1, channels], channel: g * channels, line: 1 };
      return pickArea(chip, from, everyPixel(output.tensor, output.plane, g, groups), nodes, fresh);
    }).flat();
  };

const maps = sameCodeMaps(rowMaps);

export type SameCodes = Known<typeof maps>;

/** Whether the node stands at the border of the graph: then the host reads or writes the bytes in the other shape. */
const borderOf = (known: SameCodes): Moves | null => {
  const side = borderSide(known);
  const { node, input, output } = known;
  const nodes = [node.index];
  return side === null
    ? null
    : () => [{ kind: 'border', nodes, input: input.index, output: output.index, side, layout: 'flat' }];
};

/** @returns null where neither the channels of the input divide those of the output nor the other way round */
export const reshaped = (known: SameCodes): Moves | null => {
  const { chip, node, input, output, from, to } = known;
  const nodes = [node.index];
  const [source, target] = [wholeArea(input.index, from), wholeArea(output.index, to)];
  if (from[2] === to[2]) return (fresh) => moveArea({ ...source, shape: to, line: to[1] }, target, nodes, fresh);
  const border = borderOf(known);
  if (border !== null) return border;
  const [merged, split] = [to[2] / from[2], from[2] / to[2]];
  if (Number.isInteger(merged) && merged <= mostMoves) {
    const whole = atomChannels(chip, from[2]);
    const joins = from[2] !== whole;
    return joins && whole * merged > mostPicked ? null : pixelsToChannels(chip, source, target, merged, nodes);
  }
  return Number.isInteger(split) && split <= mostMoves ? channelsToPixels(chip, source, target, split, nodes) : null;
};

/** A shape that is calculated is known only when the model runs, whatever the file says. */
const constantShape: Rule = {
  name: 'shape',
  text: 'the new shape, or the axis, a constant or an option',
  broken: (context) => (inputOf(context, 1)?.constant === false ? 'a shape that is known only when it runs' : null),
};

const matcher = maps
  .check(constantShape)
  .narrow({
    name: 'channels',
    text: `channels that stay, or that groups of at most ${mostMoves} pixels are made of or become; any at the border of the graph, or where FULLY_CONNECTED alone takes the result, or where a TRANSPOSE between two RESHAPEs reorders channels`,
    advice: 'keep the channels last, or reshape only at the start or the end of the model',
    narrow: (known: SameCodes) => {
      const [from, to] = [known.input.shape, known.output.shape];
      const moves = elementCount(from) === elementCount(to) ? reshaped(known) : null;
      return moves === null ? `${shapeText(from)} to ${shapeText(to)}` : { moves };
    },
  })
  .check({
    name: 'trust',
    text: 'with trust=seen: where FULLY_CONNECTED alone takes the result, a copy by the DPU alone was not seen on silicon',
    broken: ({ trust }) => (trust === 'seen' ? 'a copy by the DPU alone' : null),
  });

const reshapeOf = (op: string): OpDefinition => ({
  op,
  ...formOf(matcher, ({ moves }, fresh) => moves(fresh)),
  // The same contiguous values, in atoms of other channels.
  host: permuteHost(
    ({ input }) => ({ kind: 'permute', shape: [elementCount(input.shape)], order: [0] }),
    [constantShape],
  ),
});

export const reshape = reshapeOf('RESHAPE');
export const squeeze = reshapeOf('SQUEEZE');
export const expandDims = reshapeOf('EXPAND_DIMS');
