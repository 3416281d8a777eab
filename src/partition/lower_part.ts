/** The nodes of a part -> operations. A node that can run in the graph but not in this part of it is refused by its own rules. */
import type { Graph, Part } from '../graph/graph.js';
import { Spare } from '../ir/build/arrange.js';
import type { Operation } from '../ir/operation.js';
import type { Hardware } from '../hardware/chips.js';
import { judgeNode } from './check.js';
import { bugRefusal, type NodeRefusal } from './part_rules.js';

export interface LoweredPart {
  /** In the order of the graph. */
  readonly operations: readonly Operation[];
  /** The first tensor index that no operation uses. */
  readonly spare: number;
  readonly refusals: readonly NodeRefusal[];
}

/** @param hosted nodes that may run on the host; null: all that can */
export const lowerPart = (
  graph: Graph,
  part: Part,
  hardware: Hardware,
  hosted: ReadonlySet<number> | null,
): LoweredPart => {
  const wanted = new Set(part.nodes);
  // Ops that look at their neighbours see those of the part only: the others run elsewhere.
  const own: Graph = { ...graph, nodes: graph.nodes.filter(({ index }) => wanted.has(index)) };
  const fresh = new Spare(Math.max(0, ...graph.tensors.keys()) + 1);
  const refusals: NodeRefusal[] = [];
  const operations = own.nodes.flatMap((node): readonly Operation[] => {
    const verdict = judgeNode(own, node, hardware, part.outputs);
    if (verdict.target === 'cpu' || (verdict.target === 'host' && hosted?.has(node.index) === false)) {
      refusals.push({ ...verdict.because, node: node.index });
      return [];
    }
    try {
      return verdict.match.lower(fresh);
    } catch (error) {
      refusals.push(bugRefusal(node.index, error));
      return [];
    }
  });
  return { operations, spare: fresh.peek(), refusals };
};
