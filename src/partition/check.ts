/** Which nodes the NPU takes, and which the host between its jobs. Everything else carries the rule that refuses it. */
import { coveredBy, type Graph, type Node } from '../graph/graph.js';
import type { Hardware } from '../hardware/machine.js';
import { wrongOutput } from '../ops/shared/output_shapes.js';
import type { Refusal } from '../ops/shared/rule.js';
import { asGiven, rewriteGraph, type Rewritten } from '../rewrite/index.js';
import type { Npu } from '../rewrite/rewrite.js';
import { chooseHostNodes } from './host.js';
import { judgeNode, type Verdict } from './judge.js';
import { bugRule, partRefusal } from './part_rules.js';
import { disorderOf } from './split.js';

/** What rewrites ask before they are kept. */
export const npuOf = (hardware: Hardware): Npu => ({
  ...hardware,
  refusalOf: (graph, node) => judgeNode(graph, node, hardware).because,
});

/** The graph as it is lowered. @param plain tensors that must keep the order of their shape */
export const rewrittenGraph = (graph: Graph, hardware: Hardware, plain?: ReadonlySet<number>): Rewritten =>
  rewriteGraph(graph, npuOf(hardware), plain);

export interface CheckedGraph {
  readonly rewritten: Rewritten;
  /** Every node that stays on the CPU. */
  readonly refused: ReadonlyMap<number, Refusal>;
  /** Nodes of the parts that run on the host, and what keeps them from the NPU. */
  readonly host: ReadonlyMap<number, Refusal>;
}

/** TFLite's nodes in their order, each with the verdict of the node that computes it. */
const verdictsOf = ({ given, graph, refusals }: Rewritten, hardware: Hardware) => {
  const verdicts = new Map<number, Verdict>();
  for (const node of graph.nodes) {
    const verdict = judgeNode(graph, node, hardware);
    for (const index of coveredBy(node)) verdicts.set(index, verdict);
  }
  return given.nodes.flatMap((node): readonly { readonly node: Node; readonly verdict: Verdict }[] => {
    const verdict = verdicts.get(node.index);
    if (verdict === undefined) return [];
    const because = verdict.target === 'cpu' ? refusals.get(node.index) : undefined;
    return [{ node, verdict: because === undefined ? verdict : { target: 'cpu', because } }];
  });
};

export const checkGraph = (graph: Graph, hardware: Hardware): CheckedGraph => {
  const disorder = disorderOf(graph);
  if (disorder !== null) {
    const because: Refusal = { rule: 'order', text: disorder, advice: 'sort the nodes of the model' };
    const refused = new Map(graph.nodes.map(({ index }) => [index, because]));
    return { rewritten: asGiven(graph), refused, host: new Map() };
  }
  const rewritten = rewrittenGraph(graph, hardware);
  const refused = new Map<number, Refusal>();
  const candidates = new Map<number, Refusal>();
  const npu = new Set<number>();
  for (const { node, verdict } of verdictsOf(rewritten, hardware)) {
    const { target, because } = verdict;
    // What a shape that cannot be makes of a lowering is no bug.
    const isJudged = target === 'cpu' && because.rule !== bugRule;
    const lie = isJudged ? null : wrongOutput(graph, node);
    if (lie !== null) {
      const { node: index, ...refusal } = partRefusal(node.index, 'shape', lie);
      refused.set(index, refusal);
    } else if (target === 'npu') npu.add(node.index);
    else (target === 'host' ? candidates : refused).set(node.index, because);
  }
  const { host: chosen, left } = chooseHostNodes(graph, npu, candidates);
  const host = new Map([...candidates].filter(([node]) => chosen.has(node)));
  return { rewritten, refused: new Map([...refused, ...left]), host };
};
