/**
 * Layer by layer against TFLite: every node gets TFLite's own input through its plan on the software NPU, so that what
 * differs is the node's own doing and not what came before.
 */
import { compilePart, type CompileOptions, hardwareOf } from '../compile.js';
import type { Graph, Node, Part } from '../graph/graph.js';
import { gatesOf } from '../ops/mul.js';
import { judgeNode, renamedGraph, type Verdict } from '../partition/check.js';
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
  | { readonly node: number; readonly op: string; readonly on: 'CPU'; readonly reason: string };

const isFeatureMap =
  (graph: Graph) =>
  (tensor: number): boolean =>
    tensor !== -1 && graph.tensors.get(tensor)?.constant === false;

const compareNode = (
  graph: Graph,
  node: Node,
  { target, because }: Verdict,
  options: CompileOptions,
  tensors: ReadonlyMap<number, Uint8Array>,
  runPlan: RunPlan,
): Layer => {
  const { index, op } = node;
  const onCpu = (reason: string): Layer => ({ node: index, op, on: 'CPU', reason });
  if (target === 'cpu') return onCpu(`${because.rule}: ${because.text}`);
  // x * sigmoid(x) is lowered as one.
  const gates = gatesOf({ ...hardwareOf(options), graph, node, spare: 0 });
  const made = new Set(gates.flatMap(({ outputs }) => outputs));
  const inputs = [...new Set(node.inputs.filter(isFeatureMap(graph)))].filter((tensor) => !made.has(tensor));
  const part: Part = { nodes: [...gates.map((gate) => gate.index), index], inputs, outputs: node.outputs };
  const plan = compilePart(graph, part, options);
  if (!(plan instanceof Uint8Array)) return onCpu(`${plan.rule}: ${plan.text}`);
  const given = inputs.map((tensor) => tensors.get(tensor));
  const expected = node.outputs.map((tensor) => tensors.get(tensor));
  if (![...given, ...expected].every((bytes) => bytes !== undefined))
    return onCpu('TFLite shows no bytes of its tensors');
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
  const hardware = hardwareOf(options);
  const { graph: renamed } = renamedGraph(graph, hardware);
  return graph.nodes.map((node, i) =>
    compareNode(graph, node, judgeNode(renamed, renamed.nodes[i] ?? node, hardware), options, tensors, runPlan),
  );
};
