/** What a program must know of a model's inputs and outputs to give and to read them. */
import type { Graph } from '../graph/graph.js';
import type { PlanTensor } from '../plan/format.js';

export interface TensorInfo {
  /** TFLite's number of the tensor. */
  readonly tensor: number;
  /** The model's name for it; empty where a plan file was opened, which has none. */
  readonly name: string;
  readonly type: 'int8' | 'uint8';
  /** As in the model, NHWC for pictures; of a plan file, always four dimensions. */
  readonly shape: readonly number[];
  /** A value is scale * (code - zeroPoint). */
  readonly scale: number;
  readonly zeroPoint: number;
  /** Codes, and bytes, in it. */
  readonly length: number;
}

/** What goes in and comes out: Int8Array for int8, Uint8Array for uint8. */
export type TensorData = Int8Array | Uint8Array;

export const tensorInfo = (planned: PlanTensor, graph: Graph | null): TensorInfo => {
  const { tensor, type, scale, zeroPoint } = planned;
  const own = graph?.tensors.get(tensor);
  return {
    tensor,
    name: own?.name ?? '',
    type,
    shape: own?.shape ?? planned.shape,
    scale,
    zeroPoint,
    length: planned.shape.reduce((product, dim) => product * dim, 1),
  };
};

/** For messages: `input "image" (int8 1x28x28x1)`. */
export const tensorTitle = ({ tensor, name, type, shape }: TensorInfo): string =>
  `${name === '' ? `tensor ${tensor}` : `"${name}"`} (${type} ${shape.join('x')})`;
