/** Which nodes the NPU takes, and which the host between its jobs. Everything else carries the rule that refuses it. */
import { type Renamed, type Renaming, rename, renamingsOf } from '../rewrite/rename.js';
import type { Graph, Node } from '../graph/graph.js';
import { operators } from '../ops/index.js';
import { hasOwnForm } from '../ops/transpose.js';
import { wrongOutput } from '../ops/shared/output_shapes.js';
import type { Hardware } from '../hardware/chips.js';
import { type Match, type OpContext, type OpDefinition, type Refusal, textOf } from '../ops/shared/rule.js';
import { chooseHostNodes } from './host.js';
import { bugRefusal, bugRule, partRefusal } from './part_rules.js';
import { disorderOf, splitParts } from './split.js';
import { untrusted } from './trusted.js';
import { unknownOp } from './unknown.js';
import { notWorthwhile } from './worth.js';

/** `worthwhile`: parts that cost more than they save stay on the CPU. */
export type PartChoice = 'worthwhile' | 'all';

export type Target = 'npu' | 'host' | 'cpu';

/** Where a node can run, and what it matched there; `because` says what keeps it from the NPU. */
export type Verdict =
  | { readonly target: 'npu'; readonly because: null; readonly match: Match }
  | { readonly target: 'host'; readonly because: Refusal; readonly match: Match }
  | { readonly target: 'cpu'; readonly because: Refusal };

const judged = (definition: OpDefinition, context: OpContext): Verdict => {
  const { match, refusal } = definition.match(context);
  const because = match === null ? refusal : untrusted(match, context);
  if (match !== null && because === null) return { target: 'npu', because, match };
  const { host } = definition;
  const hosted = host?.match(context).match ?? null;
  if (because === null) throw new Error(`${context.node.op} #${context.node.index}: neither matched nor refused`);
  return host !== undefined && hosted !== null
    ? {
        target: 'host',
        because: { ...because, text: `${because.text}; ${textOf(host.fact, context.chip)}` },
        match: hosted,
      }
    : { target: 'cpu', because };
};

/**
 * The best place for a node by itself.
 * @param wanted results of the graph that others want, where they are known
 */
export const judgeNode = (graph: Graph, node: Node, hardware: Hardware, wanted?: readonly number[]): Verdict => {
  const definition = operators.get(node.op);
  if (definition === undefined) return { target: 'cpu', because: unknownOp(graph, node) };
  try {
    return judged(definition, { ...hardware, graph, node, spare: 0, ...(wanted === undefined ? {} : { wanted }) });
  } catch (error) {
    return { target: 'cpu', because: bugRefusal(node.index, error) };
  }
};

/** Why a node stays on the CPU; null when a part can take it. */
export const checkNode = (graph: Graph, node: Node, hardware: Hardware): Refusal | null => {
  const { target, because } = judgeNode(graph, node, hardware);
  return target === 'cpu' ? because : null;
};

export interface CheckedGraph {
  /** Every node that stays on the CPU. */
  readonly refused: ReadonlyMap<number, Refusal>;
  /** Nodes of the parts that run on the host, and what keeps them from the NPU. */
  readonly host: ReadonlyMap<number, Refusal>;
}

/**
 * The graph as it is lowered: a TRANSPOSE leaves values where they are if the NPU takes all nodes that are told other axes.
 * @param plain tensors that must keep the order of their shape
 */
export const renamedGraph = (graph: Graph, hardware: Hardware, plain: ReadonlySet<number> = new Set()): Renamed => {
  const refuses = (judged: Graph, index: number): boolean =>
    judged.nodes.some((node) => node.index === index && judgeNode(judged, node, hardware).target !== 'npu');
  const isNeeded = (renaming: Renaming): boolean => {
    const source = graph.nodes.find(({ index }) => index === renaming.nodes[0]);
    if (source === undefined || hasOwnForm({ ...hardware, graph, node: source, spare: 0 })) return false;
    // A tensor that the host cannot lay out may be a result of the graph, which is known only when parts are compiled.
    const isSafe = ![...rename(graph, [renaming]).layouts.values()].includes(null);
    return isSafe || renaming.nodes.some((index) => refuses(graph, index));
  };
  const isFree = ({ orders, flattened }: Renaming): boolean =>
    [...orders.keys(), ...flattened].every((tensor) => !plain.has(tensor));
  let wanted = renamingsOf(hardware.chip, graph).filter((renaming) => isFree(renaming) && isNeeded(renaming));
  for (;;) {
    const renamed = rename(graph, wanted);
    const taken = wanted.filter(({ nodes }) => nodes.every((index) => !refuses(renamed.graph, index)));
    if (taken.length === wanted.length) return renamed;
    wanted = taken;
  }
};

export const checkGraph = (given: Graph, hardware: Hardware, choice: PartChoice): CheckedGraph => {
  const disorder = disorderOf(given);
  if (disorder !== null) {
    const because: Refusal = { rule: 'order', text: disorder, advice: 'sort the nodes of the model' };
    return { refused: new Map(given.nodes.map(({ index }) => [index, because])), host: new Map() };
  }
  const { graph } = renamedGraph(given, hardware);
  const refused = new Map<number, Refusal>();
  const candidates = new Map<number, Refusal>();
  const npu = new Set<number>();
  const stored = new Map(given.nodes.map((node) => [node.index, node]));
  for (const node of graph.nodes) {
    const { target, because } = judgeNode(graph, node, hardware);
    // What a shape that cannot be makes of a lowering is no bug.
    const isJudged = target === 'cpu' && because.rule !== bugRule;
    const lie = isJudged ? null : wrongOutput(given, stored.get(node.index) ?? node);
    if (lie !== null) {
      const { node: index, ...refusal } = partRefusal(node.index, 'shape', lie);
      refused.set(index, refusal);
    } else if (target === 'npu') npu.add(node.index);
    else (target === 'host' ? candidates : refused).set(node.index, because);
  }
  const { host: chosen, left } = chooseHostNodes(graph, npu, candidates);
  const hostOf = (nodes: ReadonlySet<number>) => new Map([...candidates].filter(([node]) => nodes.has(node)));
  if (choice === 'all') return { refused: new Map([...refused, ...left]), host: hostOf(chosen) };
  const parts = splitParts(graph, new Set([...npu, ...chosen]), []);
  const costly = notWorthwhile(hardware.chip, graph, parts, chosen);
  const host = hostOf(new Set([...chosen].filter((node) => !costly.has(node))));
  return { refused: new Map([...refused, ...left, ...costly]), host };
};
