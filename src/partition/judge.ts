/** Where one node can run, by the rules of its op. */
import type { Graph, Node } from '../graph/graph.js';
import type { Hardware } from '../hardware/machine.js';
import { definitionOf } from '../ops/index.js';
import { type Match, type OpContext, type OpDefinition, type Refusal, textOf } from '../ops/shared/rule.js';
import { bugRefusal } from './part_rules.js';
import { untrusted } from './trusted.js';
import { unknownOp } from './unknown.js';

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

/** The best place for a node by itself. */
export const judgeNode = (graph: Graph, node: Node, hardware: Hardware): Verdict => {
  const definition = definitionOf(node);
  if (definition === undefined) return { target: 'cpu', because: unknownOp(graph, node) };
  try {
    return judged(definition, { ...hardware, graph, node });
  } catch (error) {
    return { target: 'cpu', because: bugRefusal(node.index, error) };
  }
};
