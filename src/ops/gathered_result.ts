/**
 * A result that only TFLite reads, put together of several feature maps: the host writes each where it belongs as it reads the
 * cubes. Before that, codes may go through a table. What is left of a CONCATENATION at the end of a partition, with the RESHAPEs
 * before it and what follows it value by value.
 */
import { coveredBy, elementCount, type Tensor } from '../graph/graph.js';
import { type ByteTensor, isByteTensor, isStatic, perTensorOf, planeOf, shapeText } from '../graph/tensor.js';
import { buffer } from '../ir/build/arrange.js';
import type { Operation, PiecePlace } from '../ir/operation.js';
import type { Stages } from '../requantize/stages.js';
import { rescaled } from './concatenation.js';
import { lookupStages } from './lookup_table.js';
import { unusableTensor } from './shared/common_rules.js';
import { anyNode, formOf } from './shared/match.js';
import { optionOf } from '../graph/options.js';
import { inputOf, type OpContext, type OpDefinition, outputOf } from './shared/rule.js';

/** How maps become one: each behind the one before it, or channels beside those of the one before. */
export const gatheredAlong = { maps: 0, channels: 1 } as const;

/** What happens to codes; no stages where they stay. */
interface Changed {
  readonly stages: Stages | null;
}

interface Piece extends Changed {
  readonly map: ByteTensor;
  readonly place: PiecePlace;
}

const isMap = (tensor: Tensor | null): tensor is ByteTensor =>
  isByteTensor(tensor) &&
  unusableTensor(tensor) === null &&
  isStatic(tensor) &&
  tensor.shape.length <= 6 &&
  tensor.shape.slice(0, -3).every((dim) => dim === 1);

/** By its table of codes. */
const lookedUp = (table: Tensor | null, map: ByteTensor): Changed | null => {
  const stages = table?.type === map.type ? lookupStages(table, map.type) : null;
  return stages === null ? null : { stages };
};

/** To the result's scale, as CONCATENATION does it. */
const scaled = (map: ByteTensor, output: ByteTensor): Changed | null => {
  const [from, to] = [perTensorOf(map), perTensorOf(output)];
  if (from === null || to === null) return null;
  if (from.scale === to.scale && from.zeroPoint === to.zeroPoint) return { stages: null };
  const stages = rescaled(from, to);
  return stages === null ? null : { stages };
};

/** Inputs are pairs: a map, and its table or -1. */
const piecesOf = (context: OpContext, output: ByteTensor): readonly Piece[] | string => {
  const { node } = context;
  const beside = optionOf(node, 'along') === gatheredAlong.channels;
  const channels = output.shape.at(-1);
  if (channels === undefined) return 'a result without a shape';
  const pieces: Piece[] = [];
  let start = 0;
  for (let i = 0; i < node.inputs.length; i += 2) {
    const [map, table] = [inputOf(context, i), inputOf(context, i + 1)];
    if (!isMap(map) || map.type !== output.type) return `a map of shape ${shapeText(map?.shape ?? [])}`;
    const changed = node.inputs[i + 1] === -1 ? scaled(map, output) : lookedUp(table, map);
    if (changed === null) return node.inputs[i + 1] === -1 ? 'scales too far apart' : 'a table of another type or size';
    const own = planeOf(map)[2];
    pieces.push({
      map,
      stages: changed.stages,
      place: { whole: output.index, start, step: beside ? channels : own },
    });
    start += beside ? own : elementCount(map.shape);
  }
  const isWhole = beside
    ? start === channels &&
      pieces.every(({ map }) => elementCount(map.shape) * channels === elementCount(output.shape) * planeOf(map)[2])
    : start === elementCount(output.shape);
  return isWhole ? pieces : 'maps that do not add up to the result';
};

const matcher = anyNode
  .narrow({
    name: 'pieces',
    text: 'int8 or uint8 maps of one sample, and tables of 256 codes, that add up to a result of the same type',
    narrow: (context: OpContext) => {
      const output = outputOf(context);
      if (!isByteTensor(output) || !isStatic(output)) return 'a result that is no feature map';
      const pieces = piecesOf(context, output);
      return typeof pieces === 'string' ? pieces : { pieces };
    },
  })
  .check({
    name: 'trust',
    text: 'with trust=seen: bytes in another order at the border of a part were not shown',
    broken: ({ trust }) => (trust === 'seen' ? 'a copy by the DPU alone' : null),
  });

export const gatheredResult: OpDefinition = {
  op: 'GATHERED_RESULT',
  ...formOf(matcher, ({ node, pieces }, fresh) => {
    const nodes = coveredBy(node);
    return pieces.flatMap(({ map, stages, place }): readonly Operation[] => {
      const shape = planeOf(map);
      const output = fresh.next();
      const piece = (input: number): Operation => ({ kind: 'piece', nodes, input, output, shape, place });
      if (stages === null) return [piece(map.index)];
      const made = buffer(nodes, fresh.next(), shape);
      return [made, { kind: 'scale', nodes, input: map.index, output: made.output, stages }, piece(made.output)];
    });
  }),
};
