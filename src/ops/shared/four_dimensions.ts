/** Tensors of four dimensions, each of them known: feature maps of batches, and filters. */
import type { Tensor } from '../../graph/graph.js';
import { isStatic } from '../../graph/tensor.js';

export type FourDimensions = readonly [number, number, number, number];

/** @returns null for another number of dimensions, or one that is not known */
export const fourDimensions = (tensor: Tensor): FourDimensions | null => {
  const [first, second, third, fourth, ...more] = tensor.shape;
  return first === undefined || second === undefined || third === undefined || fourth === undefined || more.length > 0
    ? null
    : isStatic(tensor)
      ? [first, second, third, fourth]
      : null;
};
