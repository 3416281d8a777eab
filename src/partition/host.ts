/**
 * Which kernels of the host are worth having: those without which the nodes around them would fall into more parts, and
 * few of them: a model of which more runs on the host is no model for the NPU. All others are TFLite's.
 */
import type { Graph } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';
import { splitParts } from './split.js';

/** Nodes of a model for each one that may be on the host. */
const nodesForOne = 20;

/** Parts that hold a node of the NPU. */
const partCount = (graph: Graph, npu: ReadonlySet<number>, host: ReadonlySet<number>): number =>
  splitParts(graph, new Set([...npu, ...host]), []).filter(({ nodes }) => nodes.some((node) => npu.has(node))).length;

/**
 * @param candidates what the host could do, with what keeps it from the NPU
 * @returns of the candidates those that serve; the rest with the rule that leaves them to TFLite
 */
export const chooseHostNodes = (
  graph: Graph,
  npu: ReadonlySet<number>,
  candidates: ReadonlyMap<number, Refusal>,
): { readonly host: ReadonlySet<number>; readonly left: ReadonlyMap<number, Refusal> } => {
  let host: ReadonlySet<number> = new Set(candidates.keys());
  const left = new Map<number, Refusal>();
  let parts = candidates.size === 0 ? 0 : partCount(graph, npu, host);
  for (const [node, because] of candidates) {
    const without = new Set([...host].filter((other) => other !== node));
    const count = partCount(graph, npu, without);
    if (count > parts) continue;
    [host, parts] = [without, count];
    left.set(node, { ...because, text: `${because.text}; a kernel on the host would keep no part together` });
  }
  const most = Math.max(1, Math.floor(graph.nodes.length / nodesForOne));
  for (const node of [...host].slice(most)) {
    const because = candidates.get(node);
    if (because === undefined) continue;
    host = new Set([...host].filter((other) => other !== node));
    left.set(node, { ...because, text: `${because.text}; more than one node in ${nodesForOne} would be on the host` });
  }
  return { host, left };
};
