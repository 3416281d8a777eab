/** When each feature map of a part is alive. */
import { type Cube, cubeOf } from '../layout/cube.js';
import type { Graph, Part } from '../model/graph.js';
import { type Operation, operandsOf } from '../ops/operation.js';
import type { Lifetime } from './arena.js';

/** The cube of every tensor that the operations touch. A cube has room for all lanes that its producer may write. */
export const cubesOf = (graph: Graph, operations: readonly Operation[]): ReadonlyMap<number, Cube> => {
  const depthwise = new Set(operations.flatMap((op) => (op.kind === 'conv' && op.depthwise ? [op.output] : [])));
  const tensors = new Set(operations.flatMap((op) => [...operandsOf(op), op.output]));
  return new Map(
    [...tensors].map((tensor) => [tensor, cubeOf(graph.tensors.get(tensor)?.shape ?? [], depthwise.has(tensor))]),
  );
};

export const lifetimesOf = (
  part: Part,
  operations: readonly Operation[],
  cubes: ReadonlyMap<number, Cube>,
): readonly Lifetime[] => {
  const uses = new Map<number, { from: number; to: number }>();
  const use = (tensor: number, position: number): void => {
    const known = uses.get(tensor);
    uses.set(tensor, {
      from: Math.min(known?.from ?? position, position),
      to: Math.max(known?.to ?? position, position),
    });
  };
  for (const tensor of part.inputs) use(tensor, -1);
  for (const [position, operation] of operations.entries()) {
    for (const tensor of [...operandsOf(operation), operation.output]) use(tensor, position);
  }
  for (const tensor of part.outputs) use(tensor, operations.length);
  return [...uses].flatMap(([tensor, { from, to }]) => {
    const cube = cubes.get(tensor);
    return cube === undefined ? [] : [{ tensor, bytes: cube.bytes, from, to }];
  });
};
