/**
 * Graph -> graph, before any rule is asked: nodes that the NPU runs as one become one. A rewrite is kept only if the NPU takes
 * what it makes.
 */
import { coveredBy, type Graph, type Node, type Part } from '../graph/graph.js';
import { channelShuffle } from './channel_shuffle.js';
import { dilatedConvolution } from './dilated_convolution.js';
import { flatDense } from './flat_dense.js';
import { gatedProduct } from './gated_product.js';
import type { Renamed } from './rename.js';
import { renamedAxes } from './renamed_axes.js';
import type { Accepts, Rewrite } from './rewrite.js';
import { WorkingGraph } from './working_graph.js';

/** In the order in which they are tried, each at every node. */
const beforeAxes: readonly Rewrite[] = [dilatedConvolution, channelShuffle, gatedProduct];
/** What wants the order of the memory. */
const behindAxes: readonly Rewrite[] = [flatDense];

type Originals = ReadonlyMap<Node, readonly Node[]>;

/** A graph as it is lowered, beside the one that TFLite gave. */
export interface Rewritten extends Renamed {
  readonly given: Graph;
  /** For each node that is none of TFLite's, what it stands for. */
  readonly originals: Originals;
}

/** @param wanted tensors that something outside the graph reads, where that is known */
const rewritten = (
  graph: Graph,
  originals: Originals,
  rewrites: readonly Rewrite[],
  accepts: Accepts,
  wanted: readonly number[],
): Pick<Rewritten, 'graph' | 'originals'> => {
  const working = new WorkingGraph(graph, wanted, originals);
  for (const { ops, match } of rewrites) {
    for (const node of working.graph.nodes) {
      if (!ops.includes(node.op) || working.node(node.index) !== node) continue;
      const replacement = match(working, node);
      if (replacement !== null) working.replace(node, replacement, accepts);
    }
  }
  return { graph: working.graph, originals: working.originals };
};

/** Nothing rewritten. */
export const asGiven = (given: Graph): Rewritten => ({
  given,
  graph: given,
  originals: new Map(),
  layouts: new Map(),
  orders: new Map(),
});

/** @param plain tensors that must keep the order of their shape */
export const rewriteGraph = (given: Graph, accepts: Accepts, plain: ReadonlySet<number> = new Set()): Rewritten => {
  const before = rewritten(given, new Map(), beforeAxes, accepts, []);
  const renamed = renamedAxes(before.graph, accepts, plain);
  return { ...renamed, ...rewritten(renamed.graph, before.originals, behindAxes, accepts, []), given };
};

/**
 * The nodes of a part. TFLite cuts parts as it likes, so a part may have some only of the nodes that one stands for, or give
 * away what was made between them: there it has its own nodes again, and the rewrites are tried on these.
 */
export const rewritePart = ({ given, graph, originals }: Rewritten, part: Part, accepts: Accepts): Graph => {
  const [inside, wanted] = [new Set(part.nodes), new Set(part.outputs)];
  const own = (node: Node): readonly Node[] => {
    const before = originals.get(node);
    if (before === undefined) return inside.has(node.index) ? [node] : [];
    const isWhole = coveredBy(node).every((index) => inside.has(index));
    const inner = before.flatMap(({ outputs }) => outputs).filter((tensor) => !node.outputs.includes(tensor));
    return isWhole && !inner.some((tensor) => wanted.has(tensor)) ? [node] : before.flatMap(own);
  };
  const places = new Map(given.nodes.map(({ index }, place) => [index, place]));
  const placeOf = (node: Node): number => Math.max(...coveredBy(node).map((index) => places.get(index) ?? NaN));
  const nodes = graph.nodes.flatMap(own).sort((a, b) => placeOf(a) - placeOf(b));
  return rewritten({ ...graph, nodes }, originals, [...beforeAxes, ...behindAxes], accepts, part.outputs).graph;
};
