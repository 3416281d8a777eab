import type { Random } from '../host/random.js';
import { type ModelSpec, type OpSpec, type SubgraphSpec, type TensorSpec } from '../host/tflite_writer.js';

const shape = [1, 2, 2, 4] as const;
const map = (name: string): TensorSpec => ({ name, type: 'int8', shape, scale: [0.1], zeroPoint: [3] });

/** x -> RELU: what IF and WHILE call. */
const relu: SubgraphSpec = {
  tensors: [map('x'), map('y')],
  ops: [{ op: 'RELU', inputs: [0], outputs: [1] }],
  inputs: [0],
  outputs: [1],
};
const never: SubgraphSpec = {
  tensors: [map('x'), { name: 'no', type: 'bool', shape: [1], data: new Uint8Array(1) }],
  ops: [],
  inputs: [0],
  outputs: [1],
};
const initial: SubgraphSpec = {
  tensors: [
    { name: 'v', type: 'resource', shape: [] },
    { ...map('zero'), data: new Uint8Array(16) },
  ],
  ops: [
    { op: 'VAR_HANDLE', inputs: [], outputs: [0] },
    { op: 'ASSIGN_VARIABLE', inputs: [0, 1], outputs: [] },
  ],
  inputs: [],
  outputs: [],
};

export interface RandomGraph {
  readonly spec: ModelSpec;
  /** Some of the nodes. */
  readonly claimed: readonly number[];
}

/** Some order in which the nodes can run. */
const someOrder = (random: Random, ops: readonly OpSpec[]): readonly number[] => {
  const order: number[] = [];
  const left = new Set(ops.keys());
  const missing = (index: number): boolean =>
    (ops[index]?.inputs ?? []).some((t) => [...left].some((other) => ops[other]?.outputs.includes(t)));
  while (left.size > 0) {
    const ready = [...left].filter((index) => !missing(index));
    const next = ready[random.integer(0, ready.length - 1)] ?? 0;
    left.delete(next);
    order.push(next);
  }
  return order;
};

/**
 * Nodes with and without side effects: moves of values, variables that are read and written in turn, calls of other graphs;
 * now and then in no order, and now and then with control edges of the model's own.
 */
export const randomGraph = (random: Random): RandomGraph => {
  const tensors: TensorSpec[] = [map('x'), { name: 'condition', type: 'bool', shape: [1] }];
  const values = [0];
  const handles: number[] = [];
  const ops: OpSpec[] = [];
  const made = (tensor: TensorSpec): number => tensors.push(tensor) - 1;
  const value = (): number => values[random.integer(0, values.length - 1)] ?? 0;
  const output = (): number => {
    const tensor = made(map(`t${tensors.length}`));
    values.push(tensor);
    return tensor;
  };
  const handle = (): number => {
    const known = handles[random.integer(0, 2 * handles.length)];
    if (known !== undefined) return known;
    const tensor = made({ name: 'v', type: 'resource', shape: [] });
    ops.push({ op: 'VAR_HANDLE', inputs: [], outputs: [tensor] });
    handles.push(tensor);
    return tensor;
  };
  if (random.chance(0.5))
    ops.push({
      op: 'CALL_ONCE',
      inputs: [],
      outputs: [],
      options: { type: 'CallOnceOptions', fields: { initSubgraph: 1 } },
    });
  const length = random.integer(2, 24);
  const calls = random.chance(0.5) ? 0.25 : 0;
  while (ops.length < length) {
    if (random.chance(calls)) {
      const from = value();
      ops.push(
        random.chance(0.5)
          ? {
              op: 'IF',
              inputs: [1, from],
              outputs: [output()],
              options: { type: 'IfOptions', fields: { thenSubgraph: 2, elseSubgraph: 2 } },
            }
          : {
              op: 'WHILE',
              inputs: [from],
              outputs: [output()],
              options: { type: 'WhileOptions', fields: { condSubgraph: 3, bodySubgraph: 2 } },
            },
      );
      continue;
    }
    switch (random.integer(0, 4)) {
      case 0:
        ops.push({ op: 'READ_VARIABLE', inputs: [handle()], outputs: [output()] });
        break;
      case 1:
        ops.push({ op: 'ASSIGN_VARIABLE', inputs: [handle(), value()], outputs: [] });
        break;
      case 2: {
        const operands = [value(), value()];
        ops.push({
          op: 'ADD',
          inputs: operands,
          outputs: [output()],
          options: { type: 'AddOptions', fields: { activation: 0 } },
        });
        break;
      }
      default: {
        const from = value();
        ops.push({ op: 'RELU', inputs: [from], outputs: [output()] });
      }
    }
  }
  // Nodes with side effects keep the order of the list, unless the model has control edges: then any list can run.
  const hasEdges = random.chance(0.4);
  const listed = hasEdges && random.chance(0.5) ? someOrder(random, ops).toReversed() : [...ops.keys()];
  const nodes = listed.flatMap((index) => ops[index] ?? []);
  const order = someOrder(random, nodes);
  const pairs = order.flatMap((first, i) => order.slice(i + 1).map((then) => [first, then] as const));
  const edges = pairs.filter(() => random.chance(0.08));
  const outputs = values.filter((tensor) => tensor > 0 && random.chance(0.2));
  return {
    spec: {
      tensors,
      ops: nodes,
      inputs: [0, 1],
      outputs: outputs.length > 0 ? outputs : [values.at(-1) ?? 0],
      called: [initial, relu, never],
      ...(hasEdges ? { controlEdges: [edges, [], [], []] } : {}),
    },
    claimed: [...nodes.keys()].filter(() => random.chance(0.6)),
  };
};
