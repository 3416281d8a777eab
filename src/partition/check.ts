/** Which nodes the NPU takes. Every refusal carries its rule. */
import { type Renamed, rename, renamingsOf } from '../axes/rename.js';
import type { Graph, Node } from '../model/graph.js';
import { operators } from '../ops/index.js';
import { type Refusal, refusalOf, type Trust } from '../ops/rule.js';
import { splitParts } from './split.js';
import { notWorthwhile } from './worth.js';

/** `worthwhile`: parts that cost more than they save stay on the CPU. */
export type PartChoice = 'worthwhile' | 'all';

const unknownOp: Refusal = { rule: 'operator', text: 'no lowering for this operator yet' };

/** Why a node stays on the CPU; null when the NPU takes it. */
export const checkNode = (graph: Graph, node: Node, trust: Trust): Refusal | null => {
  const definition = operators.get(node.op);
  return definition === undefined ? unknownOp : refusalOf(definition, { graph, node, trust, spare: 0 });
};

/**
 * The graph as it is lowered: a TRANSPOSE that would stay on the CPU leaves its values where they are, if the NPU takes all
 * nodes that are told other axes then.
 */
export const renamedGraph = (graph: Graph, trust: Trust): Renamed => {
  const refuses = (judged: Graph, index: number): boolean =>
    judged.nodes.some((node) => node.index === index && checkNode(judged, node, trust) !== null);
  let wanted = renamingsOf(graph).filter(({ nodes: [source = -1] }) => refuses(graph, source));
  for (;;) {
    const renamed = rename(graph, wanted);
    const taken = wanted.filter(({ nodes }) => nodes.every((index) => !refuses(renamed.graph, index)));
    if (taken.length === wanted.length) return renamed;
    wanted = taken;
  }
};

/** Every node that stays on the CPU. */
export const checkGraph = (given: Graph, trust: Trust, choice: PartChoice): ReadonlyMap<number, Refusal> => {
  const { graph } = renamedGraph(given, trust);
  const refused = new Map<number, Refusal>();
  for (const node of graph.nodes) {
    const refusal = checkNode(graph, node, trust);
    if (refusal !== null) refused.set(node.index, refusal);
  }
  if (choice === 'all') return refused;
  const supported = new Set(graph.nodes.map(({ index }) => index).filter((index) => !refused.has(index)));
  return new Map([...refused, ...notWorthwhile(graph, splitParts(graph, supported, []))]);
};
