/** Which nodes the NPU takes. Every refusal carries its rule. */
import { type Renamed, type Renaming, rename, renamingsOf } from '../axes/rename.js';
import type { Graph, Node } from '../model/graph.js';
import { operators } from '../ops/index.js';
import { hasOwnForm } from '../ops/transpose.js';
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

/** The graph as it is lowered: a TRANSPOSE leaves values where they are if the NPU takes all nodes that are told other axes. */
export const renamedGraph = (graph: Graph, trust: Trust): Renamed => {
  const refuses = (judged: Graph, index: number): boolean =>
    judged.nodes.some((node) => node.index === index && checkNode(judged, node, trust) !== null);
  const isNeeded = (renaming: Renaming): boolean => {
    const source = graph.nodes.find(({ index }) => index === renaming.nodes[0]);
    if (source === undefined || hasOwnForm({ graph, node: source, trust, spare: 0 })) return false;
    // A tensor that the host cannot lay out may be a result of the graph, which is known only when parts are compiled.
    const isSafe = ![...rename(graph, [renaming]).layouts.values()].includes(null);
    return isSafe || renaming.nodes.some((index) => refuses(graph, index));
  };
  let wanted = renamingsOf(graph).filter(isNeeded);
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
