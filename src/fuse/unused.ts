/** Drops operations whose results nobody takes: a RESHAPE that its consumer looks through. */
import type { Part } from '../graph/graph.js';
import { type Operation, operandsOf } from '../ir/operation.js';
import { wholesOf } from './wholes.js';

export const dropUnused = (operations: readonly Operation[], part: Part): readonly Operation[] => {
  const rootOf = wholesOf(operations);
  const taken = new Set(part.outputs.map(rootOf));
  return operations.reduceRight<readonly Operation[]>((kept, operation) => {
    if (!taken.has(rootOf(operation.output))) return kept;
    for (const tensor of operandsOf(operation)) taken.add(rootOf(tensor));
    return [operation, ...kept];
  }, []);
};
