/**
 * What a rewrite is: some nodes of a graph that one node can stand for, an op of its own in the table of operators. Graph ->
 * graph, before any rule is asked; which TFLite nodes a node of the new graph computes stands in `Node.covers`.
 */
import type { Graph, Node, Tensor } from '../graph/graph.js';
import type { Hardware } from '../hardware/machine.js';
import type { Refusal } from '../ops/shared/rule.js';

/** A graph that answers who makes and who reads a tensor. */
export interface GraphIndex {
  readonly graph: Graph;
  readonly node: (index: number) => Node | null;
  readonly tensor: (tensor: number | undefined) => Tensor | null;
  readonly producerOf: (tensor: number | undefined) => Node | null;
  /** Each node once, in the order of the graph. */
  readonly consumersOf: (tensor: number | undefined) => readonly Node[];
}

/** A constant that the graph does not have yet. */
export type NewConstant = Omit<Tensor, 'index'>;

/** The node that computes what others computed, with the outputs of the last of them. */
export interface Replacement {
  readonly op: string;
  readonly inputs: readonly (number | NewConstant)[];
  readonly params: Node['params'];
  /**
   * What it computes: the node that was matched, and those whose results it does without. These go as well unless
   * something else wants what they make. The first one names it.
   */
  readonly nodes: readonly Node[];
  /** Only where all of these nodes go. */
  readonly whole?: boolean;
  /** Results of nodes that go, which nobody but TFLite reads: a tensor that has the same bytes, read from the front. */
  readonly sameBytes?: ReadonlyMap<number, number>;
}

/** Nodes that would be one, and why they cannot. */
export interface Misfit {
  readonly nodes: readonly Node[];
  readonly refusal: Refusal;
}

export interface Rewrite {
  /** What it is and what it becomes, one line. */
  readonly text: string;
  /** The ops of the last of the nodes that become one. */
  readonly ops: readonly string[];
  /** @returns null where the node does not end the pattern */
  readonly match: (index: GraphIndex, node: Node, hardware: Hardware) => Replacement | Misfit | null;
  /** Whether what keeps the nodes from being one says more than what each of them is refused for. */
  readonly explains?: boolean;
}

/** The hardware, and what it makes of nodes. */
export interface Npu extends Hardware {
  /** Why the NPU does not take a node as it stands in a graph; null where it does. */
  readonly refusalOf: (graph: Graph, node: Node) => Refusal | null;
}
