/**
 * Parts that cost more on the NPU than they save: a job is submitted, its tasks are started one by one, feature maps are
 * brought into the NPU's layout and back. The part with the most work is always taken, others must pay for themselves.
 * Times are rough and in favour of the NPU: they tell a QUANTIZE behind a SOFTMAX from a layer, not one layer from another.
 */
import type { Chip } from '../hardware/chips.js';
import type { Graph, Node, Part } from '../graph/graph.js';
import type { Refusal } from '../ops/shared/rule.js';
import { macsOf, sizeOf, valuesOf } from './cpu.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const nodesOf = (graph: Graph, part: Part): readonly Node[] => {
  const inside = new Set(part.nodes);
  return graph.nodes.filter(({ index }) => inside.has(index));
};

/** Microseconds, on the CPU and on the NPU. */
const costsOf = (
  { clocks, dispatch, host: cpu }: Chip,
  graph: Graph,
  part: Part,
  host: ReadonlySet<number>,
): { readonly cpu: number; readonly npu: number } => {
  const nodes = nodesOf(graph, part);
  const macs = sum(nodes.map((node) => macsOf(graph, node)));
  const valuesIn = (some: readonly Node[]): number => sum(some.map((node) => valuesOf(graph, node)));
  const hosted = nodes.filter(({ index }) => host.has(index));
  const moved = sum([...part.inputs, ...part.outputs].map((tensor) => sizeOf(graph, tensor)));
  return {
    cpu: macs / cpu.macs + valuesIn(nodes) / cpu.values,
    npu:
      dispatch.jobMicroseconds * (1 + hosted.length) +
      dispatch.microseconds * (nodes.length - hosted.length) +
      valuesIn(hosted) / cpu.values +
      macs / (clocks.macsPerCycle * clocks.megahertz) +
      moved / cpu.layoutBytes,
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
