/**
 * Layer by layer against TFLite: every node gets TFLite's own input through its plan on the software NPU, so that what
 * differs is the node's own doing and not what came before. Nodes that run as one are compared as one.
 */
import { compilePart, type CompileOptions, hardwareOf } from '../compile.js';
import { coveredBy, type Graph, type Node, type Part } from '../graph/graph.js';
import { rewrittenGraph } from '../partition/check.js';
import { judgeNode } from '../partition/judge.js';
import type { Rewritten } from '../rewrite/index.js';
import { distance } from './distance.js';

/** Runs a plan on the bytes of its inputs, in TFLite's layout. */
export type RunPlan = (plan: Uint8Array, inputs: readonly Uint8Array[]) => readonly Uint8Array[];

export type Layer =
  | {
      readonly node: number;
      readonly op: string;
      readonly on: 'NPU' | 'host';
      readonly values: number;
      readonly differing: number;
      /** In counts. */
      readonly largest: number;
    }
  /** What it makes is not there: another node's result is computed without. */
  | { readonly node: number; readonly op: string; readonly on: 'NPU'; readonly within: number }
  /** It was not compared. */
  | { readonly node: number; readonly op: string; readonly on: 'NPU' | 'host'; readonly left: string }
  | { readonly node: number; readonly op: string; readonly on: 'CPU'; readonly reason: string };

export type ComparedLayer = Extract<Layer, { readonly differing: number }>;

export const isCompared = (layer: Layer): layer is ComparedLayer => 'differing' in layer;

const isFeatureMap =
  (graph: Graph) =>
  (tensor: number): boolean =>
    tensor !== -1 && graph.tensors.get(tensor)?.constant === false;

/** @param computed the node that computes it, by itself or with others */
const compareNode = (
  rewritten: Rewritten,
  node: Node,
  computed: Node,
  options: CompileOptions,
  tensors: ReadonlyMap<number, Uint8Array>,
  runPlan: RunPlan,
): Layer => {
  const { given: graph } = rewritten;
  const { index, op } = node;
  const onCpu = (reason: string): Layer => ({ node: index, op, on: 'CPU', reason });
  const { target, because } = judgeNode(rewritten.graph, computed, hardwareOf(options));
  if (target === 'cpu') return onCpu(`${because.rule}: ${because.text}`);
  const last = graph.nodes.find(({ outputs }) => outputs.some((tensor) => computed.outputs.includes(tensor)));
  if (last !== undefined && last !== node) return { node: index, op, on: 'NPU', within: last.index };
  const inputs = [...new Set(computed.inputs.filter(isFeatureMap(rewritten.graph)))];
  const part: Part = { nodes: coveredBy(computed), inputs, outputs: node.outputs };
  const plan = compilePart(rewritten, part, options);
  if (!(plan instanceof Uint8Array)) return onCpu(`${plan.rule}: ${plan.text}`);
  const given = inputs.map((tensor) => tensors.get(tensor));
  const expected = node.outputs.map((tensor) => tensors.get(tensor));
  if (![...given, ...expected].every((bytes) => bytes !== undefined))
    return { node: index, op, on: target === 'npu' ? 'NPU' : 'host', left: 'TFLite keeps no bytes of its tensors' };
  const got = runPlan(
    plan,
    given.map((bytes) => bytes ?? new Uint8Array()),
  );
  let [values, differing, largest] = [0, 0, 0];
  node.outputs.forEach((tensor, i) => {
    const one = distance(graph, tensor, expected[i] ?? new Uint8Array(), got[i] ?? new Uint8Array());
    values += one.values;
    differing += one.differing;
    largest = Math.max(largest, one.largest);
  });
  return { node: index, op, on: target === 'npu' ? 'NPU' : 'host', values, differing, largest };
};

/** @param tensors what TFLite's reference kernels put into each tensor */
export const compareLayers = (
  graph: Graph,
  options: CompileOptions,
  tensors: ReadonlyMap<number, Uint8Array>,
  runPlan: RunPlan,
): readonly Layer[] => {
  const rewritten = rewrittenGraph(graph, hardwareOf(options));
  const computing = new Map(rewritten.graph.nodes.flatMap((node) => coveredBy(node).map((index) => [index, node])));
  return graph.nodes.map((node) =>
    compareNode(rewritten, node, computing.get(node.index) ?? node, options, tensors, runPlan),
  );
};
