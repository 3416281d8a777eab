/**
 * Parts that cost more on the NPU than they save: a job is submitted, its tasks are started one by one, feature maps are
 * brought into the NPU's layout and back. The part with the most work is always taken, others must pay for themselves.
 * Times are rough and in favour of the NPU: they tell a QUANTIZE behind a SOFTMAX from a layer, not one layer from another.
 */
import type { Chip } from '../hardware/chips.js';
import { elementCount, type Graph, type Node, type Part } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';

/** Bytes into or out of the NPU's layout: about 2 GB/s (assumed). */
const layoutBytesPerMicrosecond = 2000;
/** One big core of an RK3588 with TFLite's kernels: 10 GMAC/s, 1 G values/s (assumed). */
const cpuMacsPerMicrosecond = 10_000;
const cpuValuesPerMicrosecond = 1000;

const sizeOf = (graph: Graph, tensor: number): number => elementCount(graph.tensors.get(tensor)?.shape ?? []);

/** Multiply-accumulates of a node: every op with weights uses each of them once for each place or row of the output. */
export const macsOf = (graph: Graph, node: Node): number => {
  const weights = node.inputs[1];
  if (weights === undefined || !['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV'].includes(node.op))
    return 0;
  const output = graph.tensors.get(node.outputs[0] ?? -1)?.shape ?? [];
  return sizeOf(graph, weights) * elementCount(output.slice(0, -1));
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const nodesOf = (graph: Graph, part: Part): readonly Node[] => {
  const inside = new Set(part.nodes);
  return graph.nodes.filter(({ index }) => inside.has(index));
};

/** Microseconds, on the CPU and on the NPU. */
const costsOf = (
  { clocks, dispatch }: Chip,
  graph: Graph,
  part: Part,
  host: ReadonlySet<number>,
): { readonly cpu: number; readonly npu: number } => {
  const nodes = nodesOf(graph, part);
  const macs = sum(nodes.map((node) => macsOf(graph, node)));
  const valuesOf = (some: readonly Node[]): number =>
    sum(some.flatMap(({ outputs }) => outputs.map((tensor) => sizeOf(graph, tensor))));
  const values = valuesOf(nodes);
  const hosted = nodes.filter(({ index }) => host.has(index));
  const moved = sum([...part.inputs, ...part.outputs].map((tensor) => sizeOf(graph, tensor)));
  return {
    cpu: macs / cpuMacsPerMicrosecond + values / cpuValuesPerMicrosecond,
    npu:
      dispatch.jobMicroseconds * (1 + hosted.length) +
      dispatch.microseconds * (nodes.length - hosted.length) +
      valuesOf(hosted) / cpuValuesPerMicrosecond +
      macs / (clocks.macsPerCycle * clocks.megahertz) +
      moved / layoutBytesPerMicrosecond,
  };
};

/**
 * Nodes of the parts that are left to the CPU, and why.
 * @param host nodes of the parts that run on the host: each is a job more
 */
export const notWorthwhile = (
  chip: Chip,
  graph: Graph,
  parts: readonly Part[],
  host: ReadonlySet<number>,
): ReadonlyMap<number, Refusal> => {
  const costs = parts.map((part) => ({ part, ...costsOf(chip, graph, part, host) }));
  const most = Math.max(...costs.map(({ cpu }) => cpu));
  const left = new Map<number, Refusal>();
  for (const { part, cpu, npu } of costs) {
    if (cpu >= most || cpu >= npu) continue;
    const count = part.nodes.length === 1 ? 'a part of 1 node' : `a part of ${part.nodes.length} nodes`;
    const text = `${count} by itself: about ${Math.ceil(npu)} us on the NPU, ${Math.ceil(cpu)} us on the CPU (parts=all takes it)`;
    const advice =
      'nothing to change: it costs the CPU less; fewer ops between it and the next part would join the two';
    for (const node of part.nodes) left.set(node, { rule: 'worth', text, advice });
  }
  return left;
};
