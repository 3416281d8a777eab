import type { OpSpec } from '../host/tflite_writer.js';
import { addTensor, clamp, type Graph, highest, lowest, type Plane } from '../ops/random_layers.js';

/**
 * A tensor of a random graph: a plane of feature maps, or of any other rank. `channels` is its last dimension, of which the
 * mean and the deviation of the codes are known; `height` and `width` are 1 where it is no map.
 */
export interface Value extends Plane {
  readonly shape: readonly number[];
  /** Ops that round, on the longest path to it. */
  readonly depth: number;
}

export interface Statistics {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

export const isMap = ({ shape }: Value): boolean => shape.length === 4;

/** A plane as `random_layers.ts` makes it, with the depth of what it was made of. */
export const fromPlane = (plane: Plane, depth: number): Value => ({
  ...plane,
  shape: [plane.batch, plane.height, plane.width, plane.channels],
  depth,
});

export const flat = (channels: number, mean: number, deviation: number): Statistics => ({
  mean: new Float64Array(channels).fill(mean),
  deviation: new Float64Array(channels).fill(deviation),
});

export const average = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Statistics of the same codes with another number of channels. */
export const spread = ({ mean, deviation }: Statistics, channels: number): Statistics =>
  mean.length === channels
    ? { mean, deviation }
    : flat(
        channels,
        average(mean),
        Math.hypot(average(deviation), Math.sqrt(average(mean.map((m) => (m - average(mean)) ** 2)))),
      );

/** Statistics of some of the channels. */
export const picked = ({ mean, deviation }: Statistics, first: number, count: number): Statistics => ({
  mean: mean.slice(first, first + count),
  deviation: deviation.slice(first, first + count),
});

export interface Made {
  readonly shape: readonly number[];
  readonly scale: number;
  readonly zeroPoint: number;
  readonly statistics: Statistics;
  readonly differs: number;
  readonly depth: number;
}

/** The tensor of a result. */
export function made(graph: Graph, name: string, { shape, scale, zeroPoint, statistics, differs, depth }: Made): Value {
  const index = addTensor(graph, name, { type: graph.type, shape, scale: [scale], zeroPoint: [zeroPoint] });
  const [batch = 1, height = 1, width = 1] = shape.length === 4 ? shape : [];
  return {
    index,
    batch,
    height,
    width,
    channels: shape.at(-1) ?? 1,
    shape,
    scale,
    zeroPoint,
    mean: statistics.mean,
    deviation: statistics.deviation,
    differs,
    depth,
  };
}

/** A tensor in the quantization of another one, of whose codes it is made without rounding. */
export const moved = (
  graph: Graph,
  name: string,
  from: Value,
  shape: readonly number[],
  statistics?: Statistics,
): Value =>
  made(graph, name, {
    shape,
    scale: from.scale,
    zeroPoint: from.zeroPoint,
    statistics: statistics ?? spread(from, shape.at(-1) ?? 1),
    differs: from.differs,
    depth: from.depth,
  });

export const ints = (graph: Graph, values: readonly number[], shape: readonly number[] = [values.length]): number =>
  addTensor(graph, 'ints', { type: 'int32', shape, data: new Uint8Array(Int32Array.from(values).buffer) });

export const push = (graph: Graph, op: OpSpec): void => void graph.spec.ops.push(op);

/** The version that takes int8, where uint8 has 1. */
export const version = (graph: Graph, int8 = 2): number => (graph.type === 'int8' ? int8 : 1);

/** Statistics of real values (mean, deviation by channel) as codes of a quantization. */
export const asCodes = (graph: Graph, real: Statistics, scale: number, zeroPoint: number): Statistics => ({
  mean: real.mean.map((value) => clamp(zeroPoint + value / scale, lowest(graph), highest(graph))),
  deviation: real.deviation.map((value) => Math.min(value / scale, 80)),
});

export const realOf = ({ mean, deviation, scale, zeroPoint }: Value): Statistics => ({
  mean: mean.map((code) => scale * (code - zeroPoint)),
  deviation: deviation.map((value) => scale * value),
});
