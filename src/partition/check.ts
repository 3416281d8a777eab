/** Which nodes the NPU takes, and which the host between its jobs. Everything else carries the rule that refuses it. */
import type { Graph, Node } from '../model/graph.js';
import { operators } from '../ops/index.js';
import { type Refusal, refusalOf, type Trust } from '../ops/rule.js';
import { chooseHostNodes } from './host.js';
import { splitParts } from './split.js';
import { unknownOp } from './unknown.js';
import { notWorthwhile } from './worth.js';

/** `worthwhile`: parts that cost more than they save stay on the CPU. */
export type PartChoice = 'worthwhile' | 'all';

export type Target = 'npu' | 'host' | 'cpu';

/** Where a node can run; `because` says what keeps it from the NPU. */
export type Verdict =
  { readonly target: 'npu'; readonly because: null } | { readonly target: 'host' | 'cpu'; readonly because: Refusal };

/** The best place for a node by itself. */
export const judgeNode = (graph: Graph, node: Node, trust: Trust): Verdict => {
  const definition = operators.get(node.op);
  if (definition === undefined) return { target: 'cpu', because: unknownOp(graph, node) };
  const context = { graph, node, trust, spare: 0 };
  const because = refusalOf(definition, context);
  if (because === null) return { target: 'npu', because };
  const { host } = definition;
  const hosted = host !== undefined && refusalOf(host, context) === null;
  return hosted
    ? { target: 'host', because: { ...because, text: `${because.text}; ${host.fact}` } }
    : { target: 'cpu', because };
};

/** Why a node stays on the CPU; null when a part can take it. */
export const checkNode = (graph: Graph, node: Node, trust: Trust): Refusal | null => {
  const { target, because } = judgeNode(graph, node, trust);
  return target === 'cpu' ? because : null;
};

export interface CheckedGraph {
  /** Every node that stays on the CPU. */
  readonly refused: ReadonlyMap<number, Refusal>;
  /** Nodes of the parts that run on the host, and what keeps them from the NPU. */
  readonly host: ReadonlyMap<number, Refusal>;
}

export const checkGraph = (graph: Graph, trust: Trust, choice: PartChoice): CheckedGraph => {
  const refused = new Map<number, Refusal>();
  const candidates = new Map<number, Refusal>();
  const npu = new Set<number>();
  for (const node of graph.nodes) {
    const { target, because } = judgeNode(graph, node, trust);
    if (target === 'npu') npu.add(node.index);
    else (target === 'host' ? candidates : refused).set(node.index, because);
  }
  const { host: chosen, left } = chooseHostNodes(graph, npu, candidates);
  const hostOf = (nodes: ReadonlySet<number>) => new Map([...candidates].filter(([node]) => nodes.has(node)));
  if (choice === 'all') return { refused: new Map([...refused, ...left]), host: hostOf(chosen) };
  const parts = splitParts(graph, new Set([...npu, ...chosen]), []);
  const costly = notWorthwhile(graph, parts, chosen);
  const host = hostOf(new Set([...chosen].filter((node) => !costly.has(node))));
  return { refused: new Map([...refused, ...left, ...costly]), host };
};
