/** What of a model runs where, node by node, and which rule keeps a node on the CPU: as data. */
import { type CompiledModel, type CompileOptions, compileTflite } from '../compile.js';
import type { Target } from '../partition/judge.js';
import { readTflite, subgraphCount } from '../tflite/reader.js';

export interface CheckedNode {
  readonly node: number;
  /** TFLite's name of the operator. */
  readonly op: string;
  readonly target: Target;
  /** Position of the part that it is compiled into; null on the CPU. */
  readonly part: number | null;
  /** What keeps it from the NPU: the rule's name, and what was seen. */
  readonly rule: string | null;
  readonly text: string | null;
  /** What to change in the model. */
  readonly advice: string | null;
}

export interface CheckedGraph {
  readonly subgraph: number;
  readonly nodes: readonly CheckedNode[];
  /** Nodes on each. */
  readonly npu: number;
  readonly host: number;
  readonly cpu: number;
  readonly parts: number;
}

export const checkedNode = (compiled: CompiledModel, node: number, op: string): CheckedNode => {
  const refusal = compiled.refusals.find((one) => one.node === node);
  if (refusal !== undefined) {
    const { rule, text, advice = null } = refusal;
    return { node, op, target: 'cpu', part: null, rule, text, advice };
  }
  const part = compiled.parts.findIndex(({ nodes }) => nodes.includes(node));
  const because = compiled.hosted.find((one) => one.node === node);
  if (because === undefined) return { node, op, target: 'npu', part, rule: null, text: null, advice: null };
  const { rule, text, advice = null } = because;
  return { node, op, target: 'host', part, rule, text, advice };
};

/** @throws PtfeError for a damaged file */
export const checkedGraph = (bytes: Uint8Array, options: CompileOptions, subgraph: number): CheckedGraph => {
  const compiled = compileTflite(bytes, options, subgraph);
  const nodes = readTflite(bytes, subgraph).graph.nodes.map(({ index, op }) => checkedNode(compiled, index, op));
  const count = (wanted: Target): number => nodes.filter(({ target }) => target === wanted).length;
  return {
    subgraph,
    nodes,
    npu: count('npu'),
    host: count('host'),
    cpu: count('cpu'),
    parts: compiled.parts.length,
  };
};

/** Every graph of a model, the one that an interpreter runs first. @throws PtfeError for a damaged file */
export const checkedModel = (
  bytes: Uint8Array,
  options: CompileOptions,
): readonly [main: CheckedGraph, ...others: CheckedGraph[]] => {
  const others = Array.from({ length: Math.max(0, subgraphCount(bytes) - 1) }, (_, number) =>
    checkedGraph(bytes, options, number + 1),
  );
  return [checkedGraph(bytes, options, 0), ...others];
};
