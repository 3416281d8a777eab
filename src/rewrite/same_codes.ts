/** Tensors between which values are moved and none is changed. */
import type { Tensor } from '../graph/graph.js';
import { hasPerTensorQuantization, isByteTensor, isStatic } from '../graph/tensor.js';

/** Feature maps of one type, scale and zero-point. */
export const haveSameCodes = (tensors: readonly (Tensor | null)[]): tensors is readonly Tensor[] =>
  tensors.every(
    (tensor) =>
      isByteTensor(tensor) &&
      !tensor.constant &&
      !tensor.variable &&
      isStatic(tensor) &&
      tensor.shape.length <= 6 &&
      hasPerTensorQuantization(tensor) &&
      tensor.type === tensors[0]?.type &&
      tensor.quantization?.scales[0] === tensors[0].quantization?.scales[0] &&
      tensor.quantization?.zeroPoints[0] === tensors[0].quantization?.zeroPoints[0],
  );
