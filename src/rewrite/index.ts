/**
 * Graph -> graph, before any rule is asked: nodes that the NPU runs as one become one. A rewrite is kept only if the NPU takes
 * what it makes.
 */
import { coveredBy, type Graph, type Node, type Part } from '../graph/graph.js';
import { channelShuffle } from './channel_shuffle.js';
import { depthwiseGroups } from './depthwise_groups.js';
import { dilatedConvolution } from './dilated_convolution.js';
import { flatDense } from './flat_dense.js';
import { floatFunction } from './float_function.js';
import { gatedProduct } from './gated_product.js';
import { gatheredResult } from './gathered_result.js';
import type { Refusal } from '../ops/shared/rule.js';
import type { Renamed } from './rename.js';
import { renamedAxes } from './renamed_axes.js';
import type { Npu, Rewrite } from './rewrite.js';
import { splitConvolutions } from './split_convolutions.js';
import { tiledResize } from './tiled_resize.js';
import { WorkingGraph } from './working_graph.js';

/** In the order in which they are tried, each at every node. */
const beforeAxes: readonly Rewrite[] = [
  dilatedConvolution,
  channelShuffle,
  tiledResize,
  splitConvolutions,
  depthwiseGroups,
  gatedProduct,
  floatFunction,
];
/** What wants the order of the memory. */
const behindAxes: readonly Rewrite[] = [flatDense, gatheredResult];

export const rewrites = [...beforeAxes, ...behindAxes];

export const axesText =
  'TRANSPOSE whose readers reduce, reshape or take each value by itself: nothing, its readers take other axes';

type Originals = ReadonlyMap<Node, readonly Node[]>;

/** A graph as it is lowered, beside the one that TFLite gave. */
export interface Rewritten extends Renamed {
  readonly given: Graph;
  /** For each node that is none of TFLite's, what it stands for. */
  readonly originals: Originals;
  /** Why nodes that could be one are not: for each of TFLite's. */
  readonly refusals: ReadonlyMap<number, Refusal>;
}

/** @param wanted tensors that something outside the graph reads, where that is known */
const rewritten = (
  graph: Graph,
  originals: Originals,
  rewrites: readonly Rewrite[],
  npu: Npu,
  wanted: readonly number[],
): Pick<Rewritten, 'graph' | 'originals' | 'refusals'> => {
  const working = new WorkingGraph(graph, wanted, originals);
  for (const { ops, match, explains = false } of rewrites) {
    for (const node of working.graph.nodes) {
      if (!ops.includes(node.op) || working.node(node.index) !== node) continue;
      const found = match(working, node, npu);
      if (found === null) continue;
      const refusal = 'refusal' in found ? found.refusal : working.replace(node, found, npu);
      if (refusal !== null && explains) working.explain({ nodes: found.nodes, refusal });
    }
  }
  return { graph: working.graph, originals: working.originals, refusals: working.refusals };
};

/** Nothing rewritten. */
export const asGiven = (given: Graph): Rewritten => ({
  given,
  graph: given,
  originals: new Map(),
  refusals: new Map(),
  layouts: new Map(),
  orders: new Map(),
});

/** @param plain tensors that must keep the order of their shape */
export const rewriteGraph = (given: Graph, npu: Npu, plain: ReadonlySet<number> = new Set()): Rewritten => {
  const before = rewritten(given, new Map(), beforeAxes, npu, []);
  const renamed = renamedAxes(before.graph, npu, plain);
  const behind = rewritten(renamed.graph, before.originals, behindAxes, npu, []);
  return { ...renamed, ...behind, refusals: new Map([...behind.refusals, ...before.refusals]), given };
};

/**
 * The nodes of a partition. TFLite cuts partitions as it likes, so a partition may have some only of the nodes that one stands for, or give
 * away what was made between them: there it has its own nodes again, and the rewrites are tried on these.
 */
export const rewritePart = ({ given: whole, graph, originals }: Rewritten, part: Part, npu: Npu): Graph => {
  const [inside, wanted] = [new Set(part.nodes), new Set(part.outputs)];
  const made = new Set(whole.nodes.filter(({ index }) => inside.has(index)).flatMap(({ outputs }) => outputs));
  const given = new Set(part.inputs);
  const isThere = (tensor: number): boolean =>
    tensor === -1 || graph.tensors.get(tensor)?.constant === true || given.has(tensor) || made.has(tensor);
  /** Whether it can do with what the partition is given in place of what the nodes before it read. */
  const isFed = (node: Node, before: readonly Node[]): boolean =>
    node.inputs.every(isThere) &&
    before.flatMap(({ inputs }) => inputs).every((tensor) => !given.has(tensor) || node.inputs.includes(tensor));
  const own = (node: Node): readonly Node[] => {
    const before = originals.get(node);
    if (before === undefined) return inside.has(node.index) ? [node] : [];
    const isWhole = coveredBy(node).every((index) => inside.has(index));
    const inner = before.flatMap(({ outputs }) => outputs).filter((tensor) => !node.outputs.includes(tensor));
    const isOne = isWhole && isFed(node, before) && !inner.some((tensor) => wanted.has(tensor));
    return isOne ? [node] : before.flatMap(own);
  };
  const places = new Map(whole.nodes.map(({ index }, place) => [index, place]));
  const placeOf = (node: Node): number => Math.max(...coveredBy(node).map((index) => places.get(index) ?? NaN));
  const nodes = graph.nodes.flatMap(own).sort((a, b) => placeOf(a) - placeOf(b));
  return rewritten({ ...graph, nodes }, originals, rewrites, npu, part.outputs).graph;
};
