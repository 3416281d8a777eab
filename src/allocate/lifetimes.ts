/** When each memory of a partition is alive: from the first to the last use of any tensor in it. */
import { at } from '../in_range.js';
import type { Part } from '../graph/graph.js';
import { operandsOf } from '../ir/operation.js';
import type { Placement } from '../place/place.js';
import type { Schedule } from '../schedule/order.js';
import type { Lifetime } from './arena.js';
import type { Position, TensorId } from '../hardware/units.js';

/**
 * The results by which a job shows that it ran (`place/proof.ts`), with the position of the job's first operation: nothing
 * else may stand in their memory while the job runs.
 */
const lastResults = ({ operations }: Placement, { jobs }: Schedule): ReadonlyMap<TensorId, Position> =>
  new Map(
    jobs.flatMap(({ operations: own }) => {
      const [first] = own;
      return first === undefined ? [] : [[at(operations, at(own, own.length - 1)).output, first] as const];
    }),
  );

/** @param always from the start to the end: no memory is used twice */
export const lifetimesOf = (
  part: Part,
  placement: Placement,
  schedule: Schedule,
  always = false,
): readonly Lifetime[] => {
  const { operations, spots, roots } = placement;
  const uses = new Map<TensorId, { from: Position; to: Position }>();
  const rootOf = (tensor: TensorId): TensorId => spots.get(tensor)?.root ?? tensor;
  const use = (tensor: TensorId, position: Position): void => {
    const root = rootOf(tensor);
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
  const last = lastResults(placement, schedule);
  for (const [tensor, position] of last) use(tensor, position);
  const byHost = operations.flatMap((operation) =>
    operation.kind === 'host' ? [operation.input, operation.output] : [],
  );
  const io = new Set([...part.inputs, ...part.outputs, ...byHost, ...last.keys()].map(rootOf));
  return [...uses].flatMap(([root, { from, to }]) => {
    const bytes = roots.get(root);
    if (bytes === undefined) return [];
    const memory = io.has(root) ? 'io' : 'arena';
    return [{ tensor: root, bytes, memory, ...(always ? { from: -1, to: operations.length } : { from, to }) }];
  });
};
