/** The nodes of a part -> operations. A node that can run in the graph but not in this part of it is refused by its own rules. */
import { coveredBy, type Graph } from '../graph/graph.js';
import { FreshIds } from '../ir/build/arrange.js';
import type { Operation } from '../ir/operation.js';
import type { Hardware } from '../hardware/machine.js';
import { judgeNode } from './judge.js';
import { bugRefusal, type NodeRefusal } from './part_rules.js';

export interface LoweredPart {
  /** In the order of the graph. */
  readonly operations: readonly Operation[];
  /** The first tensor index that no operation uses. */
  readonly firstFresh: number;
  readonly refusals: readonly NodeRefusal[];
}

/**
 * @param graph the nodes of the part
 * @param hosted nodes that may run on the host; null: all that can
 */
export const lowerPart = (graph: Graph, hardware: Hardware, hosted: ReadonlySet<number> | null): LoweredPart => {
  const fresh = new FreshIds(Math.max(0, ...graph.tensors.keys()) + 1);
  const refusals: NodeRefusal[] = [];
  const operations = graph.nodes.flatMap((node): readonly Operation[] => {
    const verdict = judgeNode(graph, node, hardware);
    if (verdict.target === 'cpu' || (verdict.target === 'host' && hosted?.has(node.index) === false)) {
      refusals.push(...coveredBy(node).map((index) => ({ ...verdict.because, node: index })));
      return [];
    }
    try {
      return verdict.match.lower(fresh);
    } catch (error) {
      refusals.push(...coveredBy(node).map((index) => bugRefusal(index, error)));
      return [];
    }
  });
  return { operations, firstFresh: fresh.peek(), refusals };
};
