/** Values from one place to another: what reshapes, slices and concatenations are made of. Plain data. */
import { at } from '../../in_range.js';
import { atomChannels } from '../../hardware/capability.js';
import type { Chip } from '../../hardware/chips.js';
import type { Tensor } from '../../graph/graph.js';
import { selection } from './copy.js';
import type { MoveOperation, Operation, ViewOperation } from '../operation.js';
import { planeOf } from '../../graph/tensor.js';
import type { Atoms, NodeId, TensorId } from '../../hardware/units.js';

/** Height, width, channels. */
export type Plane = readonly [number, number, number];

/** A part of a tensor: its shape, its first channel, and its rows as atoms of the whole's plane. */
export interface Area {
  readonly tensor: TensorId;
  /** Of the whole tensor. */
  readonly plane: Plane;
  readonly shape: Plane;
  readonly channel: number;
  readonly first: Atoms;
  readonly line: Atoms;
}

export const wholeArea = (tensor: TensorId, plane: Plane): Area => ({
  tensor,
  plane,
  shape: plane,
  channel: 0,
  first: 0,
  line: plane[1],
});

/** One sample of a batch, which is the first dimension. */
export const sampleArea = (tensor: Tensor, sample: number): Area => {
  const shape = planeOf({ shape: [1, ...tensor.shape.slice(1)] });
  const first = sample * shape[0] * shape[1];
  return { ...wholeArea(tensor.index, planeOf(tensor)), shape, first, line: shape[1] };
};

const isWhole = ({ plane, shape, channel, first, line }: Area): boolean =>
  channel === 0 && first === 0 && line === plane[1] && shape.every((size, i) => size === plane[i]);

/** Numbers the tensors that are not in the graph. */
export class FreshIds {
  #next: number;
  constructor(first: number) {
    this.#next = first;
  }
  next(): TensorId {
    return this.#next++;
  }
  /** The number that comes next, not taken. */
  peek(): TensorId {
    return this.#next;
  }
}

export const buffer = (nodes: readonly NodeId[], output: TensorId, shape: Plane): ViewOperation => ({
  kind: 'view',
  nodes,
  output,
  whole: null,
  shape,
  channel: 0,
  first: 0,
  line: shape[1],
});

/** The area as a tensor of its own; its first channel must be a multiple of 16. */
export const areaTensor = (
  area: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): { readonly tensor: TensorId; readonly views: readonly ViewOperation[] } => {
  if (isWhole(area)) return { tensor: area.tensor, views: [] };
  const { tensor: whole, shape, channel, first, line } = area;
  const output = fresh.next();
  return { tensor: output, views: [{ kind: 'view', nodes, output, whole, shape, channel, first, line }] };
};

/** A move between areas of one shape, both starting at a multiple of 16 channels. */
export const moveArea = (from: Area, to: Area, nodes: readonly NodeId[], fresh: FreshIds): readonly Operation[] => {
  const [input, output] = [areaTensor(from, nodes, fresh), areaTensor(to, nodes, fresh)];
  const move: MoveOperation = { kind: 'move', nodes, input: input.tensor, output: output.tensor };
  return [...input.views, ...output.views, move];
};

/** As `moveArea`, from any first channel: where that is not a multiple of 16 a 1x1 convolution picks the channels. */
export const pickArea = (
  chip: Chip,
  from: Area,
  to: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const { atoms } = chip;
  if (from.channel % atoms.channels === 0) return moveArea(from, to, nodes, fresh);
  const base = Math.floor(from.channel / atoms.channels) * atoms.channels;
  const [height, width, channels] = from.shape;
  const shift = from.channel - base;
  const shape: Plane = [height, width, shift + channels];
  const [input, output] = [areaTensor({ ...from, channel: base, shape }, nodes, fresh), areaTensor(to, nodes, fresh)];
  const move: MoveOperation = { kind: 'move', nodes, input: input.tensor, output: output.tensor };
  const picked = Array.from({ length: channels }, (_, c) => shift + c);
  return [...input.views, ...output.views, selection(move, shape, picked)];
};

/**
 * Areas one behind the other on the channels of another one. Where one of them would start inside an atom, they are put
 * at multiples of 16 first, and a 1x1 convolution brings them together.
 */
export const joinChannels = (
  chip: Chip,
  parts: readonly Area[],
  to: Area,
  nodes: readonly NodeId[],
  fresh: FreshIds,
): readonly Operation[] => {
  const starts: number[] = [];
  let end = 0;
  for (const { shape } of parts) {
    starts.push(end);
    end += shape[2];
  }
  if (starts.every((start) => start % chip.atoms.channels === 0)) {
    return parts.flatMap((part, i) =>
      pickArea(chip, part, { ...to, shape: part.shape, channel: to.channel + at(starts, i) }, nodes, fresh),
    );
  }
  const [height, width] = to.shape;
  const apart: number[] = [];
  let total = 0;
  for (const { shape } of parts) {
    apart.push(total);
    total += atomChannels(chip, shape[2]);
  }
  const plane: Plane = [height, width, total];
  const gathered = buffer(nodes, fresh.next(), plane);
  const picked = parts.flatMap(({ shape }, i) => Array.from({ length: shape[2] }, (_, c) => at(apart, i) + c));
  const target = areaTensor(to, nodes, fresh);
  return [
    gathered,
    ...parts.flatMap((part, i) =>
      pickArea(chip, part, { ...wholeArea(gathered.output, plane), shape: part.shape, channel: at(apart, i) }, nodes, fresh),
    ),
    ...target.views,
    selection({ kind: 'move', nodes, input: gathered.output, output: target.tensor }, plane, picked),
  ];
};
