/** The nodes of a part -> operations. A node that can run in the graph but not in this part of it is refused by its own rules. */
import type { Graph, Part } from '../graph/graph.js';
import { operators } from '../ops/index.js';
import type { Operation } from '../ir/operation.js';
import type { Trust } from '../hardware/fact.js';
import type { OpContext } from '../ops/shared/rule.js';
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
export const lowerPart = (graph: Graph, part: Part, trust: Trust, hosted: ReadonlySet<number> | null): LoweredPart => {
  const wanted = new Set(part.nodes);
  // Ops that look at their neighbours see those of the part only: the others run elsewhere.
  const own: Graph = { ...graph, nodes: graph.nodes.filter(({ index }) => wanted.has(index)) };
  let spare = Math.max(0, ...graph.tensors.keys()) + 1;
  const refusals: NodeRefusal[] = [];
  const operations = own.nodes.flatMap((node): readonly Operation[] => {
    const context: OpContext = { graph: own, node, trust, spare, wanted: part.outputs };
    const { target, because } = judgeNode(own, node, trust, part.outputs);
    if (target === 'cpu' || (target === 'host' && hosted?.has(node.index) === false)) {
      refusals.push({ ...because, node: node.index });
      return [];
    }
    const definition = operators.get(node.op);
    try {
      const lowered = (target === 'host' ? definition?.host : definition)?.lower(context) ?? [];
      spare = Math.max(spare, ...lowered.map(({ output }) => output + 1));
      return lowered;
    } catch (error) {
      refusals.push(bugRefusal(node.index, error));
      return [];
    }
  });
  return { operations, spare, refusals };
};
