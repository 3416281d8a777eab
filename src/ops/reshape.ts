/**
 * RESHAPE, SQUEEZE, EXPAND_DIMS. Where the channels stay, it is another name for the same memory. Where pixels become
 * channels or channels pixels, each group of channels is moved by itself. A FULLY_CONNECTED that can take the map as it
 * is needs no RESHAPE at all.
 */
import { atomChannels } from '../hardware/capability.js';
import type { Chip } from '../hardware/chips.js';
import { elementCount } from '../graph/graph.js';
import { type Area, joinChannels, moveArea, pickArea, type Plane, Spare, wholeArea } from '../ir/build/arrange.js';
import { maps, rows, sameCodes } from './shared/common_rules.js';
import { borderSide } from './shared/border.js';
import { permuteHost } from './host_permute.js';
import { takesInstead } from './fully_connected.js';
import type { Operation } from '../ir/operation.js';
import { shuffled, shuffleOf } from './shuffle.js';
import { planeOf, shapeText } from '../graph/tensor.js';
import { inputOf, type OpContext, ruledOp, outputOf, type Rule } from './shared/rule.js';

/** More tasks than this for one node cost more than the node is worth. */
export const mostMoves = 64;

/** All consumers take the input itself, or lead to one that does. */
const isSkipped = ({ graph, node, chip, trust, spare }: OpContext): boolean => {
  const consumers = graph.nodes.filter(({ inputs }) => inputs.includes(node.outputs[0] ?? -1));
  return (
    consumers.length > 0 &&
    consumers.every(
      (consumer) =>
        shuffleOf(chip, graph, consumer) !== null ||
        (consumer.op === 'FULLY_CONNECTED' &&
          takesInstead({ graph, node: consumer, chip, trust, spare }) === node.inputs[0]),
    )
  );
};

/** The pixels `first`, `first + step`, ... as rows of one pixel. */
const everyPixel = (tensor: number, plane: Plane, first: number, step: number): Area => {
  const [height, width, channels] = plane;
  return { tensor, plane, shape: [(height * width) / step, 1, channels], channel: 0, first, line: step };
};

/** `groups` pixels become one. */
const pixelsToChannels = (
  chip: Chip,
  input: Area,
  output: Area,
  groups: number,
  nodes: readonly number[],
  spare: Spare,
) => {
  const pixels = output.plane[0] * output.plane[1];
  const parts = Array.from({ length: groups }, (_, g) => everyPixel(input.tensor, input.plane, g, groups));
  const to: Area = { ...output, shape: [pixels, 1, output.plane[2]], line: 1 };
  return joinChannels(chip, parts, to, nodes, spare);
};

/** One pixel becomes `groups` pixels. */
const channelsToPixels = (
  chip: Chip,
  input: Area,
  output: Area,
  groups: number,
  nodes: readonly number[],
  spare: Spare,
) => {
  const pixels = input.plane[0] * input.plane[1];
  const channels = output.plane[2];
  return Array.from({ length: groups }, (_, g): readonly Operation[] => {
    const from: Area = { ...input, shape: [pixels, 1, channels], channel: g * channels, line: 1 };
    return pickArea(chip, from, everyPixel(output.tensor, output.plane, g, groups), nodes, spare);
  }).flat();
};

/** Whether the node stands at the border of the graph: then the host reads or writes the bytes in the other shape. */
const borderOf = (context: OpContext): readonly Operation[] | null => {
  const side = borderSide(context);
  const [input = -1, output = -1] = [context.node.inputs[0], context.node.outputs[0]];
  return side === null ? null : [{ kind: 'border', nodes: [context.node.index], input, output, side, layout: 'flat' }];
};

/** As a RESHAPE by itself. @returns null where neither the channels of the input divide those of the output nor the other way round */
export const reshaped = (context: OpContext): readonly Operation[] | null => {
  const { chip, node } = context;
  const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
  const [from, to] = [planeOf(inputOf(context, 0)), planeOf(outputOf(context))];
  const nodes = [node.index];
  const spare = new Spare(context.spare);
  const [source, target] = [wholeArea(input, from), wholeArea(output, to)];
  if (from[2] === to[2]) return moveArea({ ...source, shape: to, line: to[1] }, target, nodes, spare);
  const border = borderOf(context);
  if (border !== null) return border;
  const [merged, split] = [to[2] / from[2], from[2] / to[2]];
  if (Number.isInteger(merged) && merged <= mostMoves) {
    const whole = atomChannels(chip, from[2]);
    const joins = from[2] !== whole;
    return joins && whole * merged > chip.limits.contraction
      ? null
      : pixelsToChannels(chip, source, target, merged, nodes, spare);
  }
  return Number.isInteger(split) && split <= mostMoves
    ? channelsToPixels(chip, source, target, split, nodes, spare)
    : null;
};

/** A shape that is calculated is known only when the model runs, whatever the file says. */
const constantShape: Rule = {
  name: 'shape',
  text: 'the new shape, or the axis, a constant or an option',
  broken: (context) => (inputOf(context, 1)?.constant === false ? 'a shape that is known only when it runs' : null),
};

/**
 * Nothing where all consumers take the input itself; where others want the result too, the host makes its bytes of the input's:
 * they are the same, one behind the other.
 */
const skipped = ({ node, wanted }: OpContext): readonly Operation[] => {
  const [input = -1, output = -1] = [node.inputs[0], node.outputs[0]];
  const border = { kind: 'border', nodes: [node.index], input, output, side: 'output', layout: 'flat' } as const;
  return wanted?.includes(output) === true ? [border] : [];
};

const operationsOf = (context: OpContext): readonly Operation[] | null =>
  isSkipped(context) ? skipped(context) : (shuffled(context) ?? reshaped(context));

const reshapeOf = (op: string) =>
  ruledOp({
    op,
    rules: [
      ...sameCodes(maps(0), rows),
      constantShape,
      {
        name: 'channels',
        text: `channels that stay, or that groups of at most ${mostMoves} pixels are made of or become; any at the border of the graph, or where FULLY_CONNECTED alone takes the result, or where a TRANSPOSE between two RESHAPEs reorders channels`,
        advice: 'keep the channels last, or reshape only at the start or the end of the model',
        broken: (context) => {
          const [from, to] = [inputOf(context, 0)?.shape ?? [], outputOf(context)?.shape ?? []];
          if (elementCount(from) !== elementCount(to)) return `${shapeText(from)} to ${shapeText(to)}`;
          return operationsOf(context) !== null ? null : `${shapeText(from)} to ${shapeText(to)}`;
        },
      },
      {
        name: 'trust',
        text: 'with trust=seen: where FULLY_CONNECTED alone takes the result, a copy by the DPU alone was not seen on silicon',
        broken: (context) =>
          context.trust !== 'seen' || (isSkipped(context) && skipped(context).length === 0)
            ? null
            : 'a copy by the DPU alone',
      },
    ],
    lower: (context) => operationsOf(context) ?? [],
    // The same values one behind the other, in atoms of other channels.
    host: permuteHost(
      (context) => ({ kind: 'permute', shape: [elementCount(inputOf(context, 0)?.shape ?? [])], order: [0] }),
      [constantShape],
    ),
  });

export const reshape = reshapeOf('RESHAPE');
export const squeeze = reshapeOf('SQUEEZE');
export const expandDims = reshapeOf('EXPAND_DIMS');
