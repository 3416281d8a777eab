/**
 * Runs of nodes inside a part that the CPU would do sooner: the part's nodes in their order, each on one of the two, so that work,
 * dispatch, conversions at the cuts and jobs are least in sum. One pass over the nodes; what crosses a cut counts as converted
 * once on either side of it.
 */

/** Microseconds. */
export interface RunNode {
  readonly npu: number;
  readonly cpu: number;
}

export interface Cuts {
  /** What handing over costs before each node, and behind the last one: to the NPU, and from it. */
  readonly enter: readonly number[];
  readonly leave: readonly number[];
  /** A job more. */
  readonly job: number;
}

interface Way {
  readonly cost: number;
  /** Whether each node so far is on the CPU. */
  readonly onCpu: Link | null;
}

interface Link {
  readonly isCpu: boolean;
  readonly before: Link | null;
}

const cheaper = (a: Way, b: Way): Way => (b.cost < a.cost ? b : a);

const step = ({ cost, onCpu }: Way, more: number, isCpu: boolean): Way => ({
  cost: cost + more,
  onCpu: { isCpu, before: onCpu },
});

/** @returns positions of the nodes that the CPU does sooner, and the time of that and of all on the NPU */
export const cheapestRuns = (
  nodes: readonly RunNode[],
  { enter, leave, job }: Cuts,
): { readonly onCpu: readonly number[]; readonly best: number; readonly allNpu: number } => {
  const at = (costs: readonly number[], position: number): number => costs[position] ?? Infinity;
  let cpu: Way = { cost: 0, onCpu: null };
  let npu: Way = { cost: Infinity, onCpu: null };
  for (const [position, node] of nodes.entries()) {
    const entered: Way = { ...cpu, cost: cpu.cost + at(enter, position) + job };
    const left: Way = { ...npu, cost: npu.cost + at(leave, position) };
    [cpu, npu] = [step(cheaper(cpu, left), node.cpu, true), step(cheaper(npu, entered), node.npu, false)];
  }
  const end = nodes.length;
  const best = cheaper({ ...npu, cost: npu.cost + at(leave, end) }, cpu);
  const onCpu: number[] = [];
  let link = best.onCpu;
  for (let position = end - 1; link !== null; position--, link = link.before) if (link.isCpu) onCpu.unshift(position);
  const allNpu = at(enter, 0) + job + nodes.reduce((sum, node) => sum + node.npu, 0) + at(leave, end);
  return { onCpu, best: best.cost, allNpu };
};
