/**
 * Cuts the supported nodes into parts as TFLite's partitioner does (graph_info.cc, alike in tflite_runtime 2.14 and LiteRT
 * 2.x), for models that come without TFLite. A part takes every supported node that can run by then; a node waits for what
 * it reads, and for what must run before it: nodes with side effects keep their order.
 */
import { at } from '../in_range.js';
import type { ControlEdge, Graph, Node, Part } from '../graph/graph.js';

const ascending = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b);

/** Nodes with what they take from others and what others, or the model, take from them. */
export const partOf = (graph: Graph, nodes: readonly Node[], outputs: readonly number[]): Part => {
  const inside = new Set(nodes.map(({ index }) => index));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const isValue = (tensor: number): boolean => tensor !== -1 && graph.tensors.get(tensor)?.constant === false;
  const usedOutside = new Set(graph.nodes.filter(({ index }) => !inside.has(index)).flatMap((node) => node.inputs));
  return {
    nodes: nodes.map(({ index }) => index),
    inputs: ascending(nodes.flatMap((node) => node.inputs).filter((tensor) => isValue(tensor) && !made.has(tensor))),
    outputs: ascending([...made].filter((tensor) => usedOutside.has(tensor) || outputs.includes(tensor))),
  };
};

const callers: ReadonlySet<string> = new Set(['IF', 'WHILE', 'CALL_ONCE']);

/** Whether TFLite takes a node for one that changes more than its outputs. */
export const hasSideEffect = (graph: Graph, { op, inputs, outputs }: Node): boolean =>
  callers.has(op) || [...inputs, ...outputs].some((tensor) => graph.tensors.get(tensor)?.type === 'resource');

/** What must run before what, besides what reads what another makes: the file says so, or side effects keep their order. */
const controlEdgesOf = (graph: Graph): readonly ControlEdge[] => {
  if (graph.controlEdges !== undefined) return graph.controlEdges;
  const stateful = graph.nodes.filter((node) => hasSideEffect(graph, node)).map(({ index }) => index);
  return stateful.slice(1).map((node, i) => [stateful[i] ?? node, node]);
};

/** For each node, by its position in the execution order, the positions of those that it waits for. */
const predecessorsOf = (graph: Graph): readonly (readonly number[])[] => {
  const positions = new Map(graph.nodes.map(({ index }, position) => [index, position]));
  const makers = new Map(graph.nodes.flatMap(({ outputs }, position) => outputs.map((tensor) => [tensor, position])));
  makers.delete(-1);
  const waits = graph.nodes.map(({ inputs }) => inputs.flatMap((tensor) => makers.get(tensor) ?? []));
  for (const [first, then] of controlEdgesOf(graph)) {
    const [position, later] = [positions.get(first), positions.get(then)];
    if (position !== undefined && later !== undefined) waits[later]?.push(position);
  }
  return waits;
};

/** Positions of nodes so that each stands behind those that it waits for; nodes of a cycle are left out. */
const inOrder = (waits: readonly (readonly number[])[]): readonly number[] => {
  const followers = waits.map((): number[] => []);
  const open = waits.map(({ length }) => length);
  for (const [position, before] of waits.entries()) for (const one of before) followers[one]?.push(position);
  const order = open.flatMap((count, position) => (count === 0 ? [position] : []));
  for (const position of order) {
    for (const follower of followers[position] ?? []) {
      const left = at(open, follower) - 1;
      open[follower] = left;
      if (left === 0) order.push(follower);
    }
  }
  return order;
};

/** Why the nodes cannot run as the model lists them; null where each stands behind those that it waits for. */
export const disorderOf = (graph: Graph): string | null => {
  const waits = predecessorsOf(graph);
  for (const [position, { index, op, inputs }] of graph.nodes.entries()) {
    const late = waits[position]?.find((before) => before >= position);
    const maker = late === undefined ? undefined : graph.nodes[late];
    if (maker === undefined) continue;
    const read = maker.outputs.find((tensor) => inputs.includes(tensor));
    if (read !== undefined)
      return `${op} #${index} reads tensor ${read}, which ${maker.op} #${maker.index} makes after it`;
  }
  const order = new Set(inOrder(waits));
  const stuck = graph.nodes.find((_, position) => !order.has(position));
  return stuck === undefined ? null : `${stuck.op} #${stuck.index} waits for a node that waits for it (control edges)`;
};

/** The round of a node, and in which of the partitioner's walks through the execution order it is found in that round. */
interface Turn {
  readonly position: number;
  readonly round: number;
  readonly walk: number;
}

/**
 * Each node gets the earliest round of its kind: rounds alternate between the CPU's nodes and the supported ones, and the
 * first node that can run says which of the two begins.
 */
const turnsOf = (graph: Graph, supported: ReadonlySet<number>): readonly Turn[] => {
  const waits = predecessorsOf(graph);
  const order = inOrder(waits);
  const isTaken = (position: number): boolean => {
    const node = graph.nodes[position];
    return node !== undefined && supported.has(node.index);
  };
  const beginsTaken = isTaken(waits.findIndex(({ length }) => length === 0));
  const turns = new Map<number, Turn>();
  for (const position of order) {
    const before = (waits[position] ?? []).flatMap((one) => turns.get(one) ?? []);
    const earliest = before.reduce((most, { round }) => Math.max(most, round), 0);
    const round = earliest % 2 === (isTaken(position) === beginsTaken ? 0 : 1) ? earliest : earliest + 1;
    const walk = before
      .filter((one) => one.round === round)
      .reduce((most, one) => Math.max(most, one.walk + (one.position > position ? 1 : 0)), 0);
    turns.set(position, { position, round, walk });
  }
  return [...turns.values()];
};

export const splitParts = (
  graph: Graph,
  supported: ReadonlySet<number>,
  outputs: readonly number[],
): readonly Part[] => {
  const rounds = new Map<number, Node[]>();
  const turns = [...turnsOf(graph, supported)].sort(
    (a, b) => a.round - b.round || a.walk - b.walk || a.position - b.position,
  );
  for (const { position, round } of turns) {
    const node = graph.nodes[position];
    if (node === undefined || !supported.has(node.index)) continue;
    const nodes = rounds.get(round);
    if (nodes === undefined) rounds.set(round, [node]);
    else nodes.push(node);
  }
  return [...rounds.values()].map((nodes) => partOf(graph, nodes, outputs));
};
