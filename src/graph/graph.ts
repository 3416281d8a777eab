/**
 * The graph as the later rooms see it: typed, checked, frozen. It comes from the delegate's message (`message.ts`) or
 * from a .tflite file (`tflite.ts`); both give the same values for the same model.
 */

import { at } from '../in_range.js';
import type { Numerics } from './numerics.js';
import type { NodeId, TensorId } from '../hardware/units.js';

/** Element types that the compiler tells apart; every other TFLite type is `other`. A variable's handle is a `resource`. */
export type ElementType = 'int8' | 'uint8' | 'int32' | 'int64' | 'float32' | 'resource' | 'other';

export interface Quantization {
  /** One scale, or one for each channel of `axis`. float32 values. */
  readonly scales: readonly number[];
  readonly zeroPoints: readonly number[];
  readonly axis: number;
}

export interface Tensor {
  readonly index: TensorId;
  readonly name: string;
  readonly type: ElementType;
  /** TFLite order; NHWC for feature maps. */
  readonly shape: readonly number[];
  readonly quantization: Quantization | null;
  readonly constant: boolean;
  readonly variable: boolean;
  /** Bytes of a constant, little-endian; null where none came over. */
  readonly data: Uint8Array | null;
}

export interface Node {
  readonly index: NodeId;
  /** TFLite's name of the operator, e.g. `CONV_2D`. */
  readonly op: string;
  readonly version: number;
  /** Tensor indices; -1 is an absent optional input. */
  readonly inputs: readonly TensorId[];
  readonly outputs: readonly TensorId[];
  /** Built-in options by name (`operators.ts`). */
  readonly params: Readonly<Record<string, number>>;
  /** TFLite's nodes that a composite node computes (`rewrite/`), the one that names it first; absent: itself. */
  readonly covers?: readonly NodeId[];
}

/** TFLite's nodes that a node computes. */
export const coveredBy = ({ index, covers }: Node): readonly NodeId[] => covers ?? [index];

/** A node, and one that must not run before it. */
export type ControlEdge = readonly [first: NodeId, then: NodeId];

export interface Graph {
  /** The release of TFLite whose arithmetic the ops have. */
  readonly numerics: Numerics;
  readonly tensors: ReadonlyMap<TensorId, Tensor>;
  /** In execution order. */
  readonly nodes: readonly Node[];
  /** Where the model says itself what must run before what: in place of the order of nodes with side effects. */
  readonly controlEdges?: readonly ControlEdge[];
}

/** A connected set of nodes that becomes one plan. Inputs and outputs are tensor indices (no constants). */
export interface Part {
  readonly nodes: readonly NodeId[];
  readonly inputs: readonly TensorId[];
  readonly outputs: readonly TensorId[];
}

/** In place of an optional tensor that a node does not have. */
export const absent: TensorId = -1;

/** @returns null for an absent optional tensor, or one that the graph does not have */
export const tensorAt = ({ tensors }: Pick<Graph, 'tensors'>, index: TensorId | undefined): Tensor | null =>
  index === undefined ? null : (tensors.get(index) ?? null);

/** Number of elements of a shape. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** The values of a tensor of `shape`, by their numbers in it, once its dimensions are reordered. */
export const reorderedValues = (shape: readonly number[], order: readonly number[]): readonly number[] => {
  const steps = shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
  return order.reduce<readonly number[]>(
    (numbers, axis) =>
      numbers.flatMap((number) => Array.from({ length: at(shape, axis) }, (_, i) => number + i * at(steps, axis))),
    [0],
  );
};

/** The whole numbers of a constant int32 or int64 tensor; null where there are none. */
export const constantInts = (tensor: Tensor | null): readonly number[] | null => {
  if (tensor === null || !tensor.constant || tensor.data === null) return null;
  const { data, type } = tensor;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (type === 'int32') return Array.from({ length: data.byteLength / 4 }, (_, i) => view.getInt32(4 * i, true));
  if (type === 'int64')
    return Array.from({ length: data.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  return null;
};
