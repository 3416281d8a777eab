/** Which nodes the NPU takes. Every refusal carries its rule. */
import type { Graph, Node } from '../model/graph.js';
import { operators } from '../ops/index.js';
import { type Refusal, refusalOf, type Trust } from '../ops/rule.js';
import { splitParts } from './split.js';
import { unknownOp } from './unknown.js';
import { notWorthwhile } from './worth.js';

/** `worthwhile`: parts that cost more than they save stay on the CPU. */
export type PartChoice = 'worthwhile' | 'all';

/** Why a node stays on the CPU; null when the NPU takes it. */
export const checkNode = (graph: Graph, node: Node, trust: Trust): Refusal | null => {
  const definition = operators.get(node.op);
  return definition === undefined ? unknownOp(graph, node) : refusalOf(definition, { graph, node, trust, spare: 0 });
};

/** Every node that stays on the CPU. */
export const checkGraph = (graph: Graph, trust: Trust, choice: PartChoice): ReadonlyMap<number, Refusal> => {
  const refused = new Map<number, Refusal>();
  for (const node of graph.nodes) {
    const refusal = checkNode(graph, node, trust);
    if (refusal !== null) refused.set(node.index, refusal);
  }
  if (choice === 'all') return refused;
  const supported = new Set(graph.nodes.map(({ index }) => index).filter((index) => !refused.has(index)));
  return new Map([...refused, ...notWorthwhile(graph, splitParts(graph, supported, []))]);
};
