/** When each memory of a part is alive: from the first to the last use of any tensor in it. */
import type { Part } from '../model/graph.js';
import { operandsOf } from '../ops/operation.js';
import type { Placement } from '../place/place.js';
import type { Lifetime } from './arena.js';

/** @param always from the start to the end: no memory is used twice */
export const lifetimesOf = (
  part: Part,
  { operations, spots, roots }: Placement,
  always = false,
): readonly Lifetime[] => {
  const uses = new Map<number, { from: number; to: number }>();
  const use = (tensor: number, position: number): void => {
    const root = spots.get(tensor)?.root ?? tensor;
    const known = uses.get(root);
    uses.set(root, {
      from: Math.min(known?.from ?? position, position),
      to: Math.max(known?.to ?? position, position),
    });
  };
  for (const tensor of part.inputs) use(tensor, -1);
  for (const [position, operation] of operations.entries()) {
    for (const tensor of [...operandsOf(operation), operation.output]) use(tensor, position);
  }
  for (const tensor of part.outputs) use(tensor, operations.length);
  return [...uses].flatMap(([root, { from, to }]) => {
    const bytes = roots.get(root);
    return bytes === undefined
      ? []
      : [always ? { tensor: root, bytes, from: -1, to: operations.length } : { tensor: root, bytes, from, to }];
  });
};
