/** Views and what they are parts of. */
import type { Operation } from '../ir/operation.js';
import type { TensorId } from '../hardware/units.js';

/** Each view belongs to its whole: what is written into a part of a tensor is taken with the tensor. */
export const wholesOf = (operations: readonly Operation[]): ((tensor: TensorId) => TensorId) => {
  const wholes = new Map<TensorId, TensorId>();
  for (const op of operations) if (op.kind === 'view' && op.whole !== null) wholes.set(op.output, op.whole);
  const rootOf = (tensor: TensorId): TensorId => {
    const whole = wholes.get(tensor);
    return whole === undefined ? tensor : rootOf(whole);
  };
  return rootOf;
};
