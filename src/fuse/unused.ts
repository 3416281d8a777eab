/** Drops operations whose results nobody takes: a RESHAPE that its consumer looks through. */
import type { Part } from '../model/graph.js';
import { type Operation, operandsOf } from '../ops/operation.js';

/** Each view belongs to its whole: what is written into a part of a tensor is taken with the tensor. */
const wholesOf = (operations: readonly Operation[]): ((tensor: number) => number) => {
  const wholes = new Map<number, number>();
  for (const op of operations) if (op.kind === 'view' && op.whole !== null) wholes.set(op.output, op.whole);
  const rootOf = (tensor: number): number => {
    const whole = wholes.get(tensor);
    return whole === undefined ? tensor : rootOf(whole);
  };
  return rootOf;
};

export const dropUnused = (operations: readonly Operation[], part: Part): readonly Operation[] => {
  const rootOf = wholesOf(operations);
  const taken = new Set(part.outputs.map(rootOf));
  return operations.reduceRight<readonly Operation[]>((kept, operation) => {
    if (!taken.has(rootOf(operation.output))) return kept;
    for (const tensor of operandsOf(operation)) taken.add(rootOf(tensor));
    return [operation, ...kept];
  }, []);
};
