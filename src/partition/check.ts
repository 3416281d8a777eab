/** Which nodes the NPU takes. Every refusal carries its rule. */
import type { Graph, Node } from '../model/graph.js';
import { operators } from '../ops/index.js';
import { type Refusal, refusalOf, type Trust } from '../ops/rule.js';

const unknownOp: Refusal = { rule: 'operator', text: 'no lowering for this operator yet' };

/** Why a node stays on the CPU; null when the NPU takes it. */
export const checkNode = (graph: Graph, node: Node, trust: Trust): Refusal | null => {
  const definition = operators.get(node.op);
  return definition === undefined ? unknownOp : refusalOf(definition, { graph, node, trust, spare: 0 });
};
