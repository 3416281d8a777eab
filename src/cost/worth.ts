/** A part held against the CPU: by the estimate of its own plan, node by node and as a whole. */
import { channelsOf } from '../graph/tensor.js';
import { addTo, raiseTo, sumIn } from '../tally.js';
import { at } from '../in_range.js';
import { atomChannels } from '../hardware/capability.js';
import type { Machine } from '../hardware/machine.js';
import { elementCount, type Graph, type Part } from '../graph/graph.js';
import { cpuMicroseconds } from '../partition/cpu.js';
import { jobMicroseconds, layoutMicroseconds, type StepEstimate, syncMicroseconds } from './estimate.js';
import { cheapestRuns } from './runs.js';

/** Microseconds. */
export interface Worth {
  /** All of the part on the NPU, and all of it on the CPU. */
  readonly npu: number;
  readonly cpu: number;
  /** Nodes that the CPU does sooner, with what the cuts cost; and the time with these on the CPU. */
  readonly sooner: readonly number[];
  readonly best: number;
  readonly times: readonly { readonly node: number; readonly npu: number; readonly cpu: number }[];
}

/**
 * How much sooner the CPU must be: this many times by the estimate, which may be off, and so many microseconds in sum, so that
 * who asks for the NPU has it. The other parts of a model, often a QUANTIZE behind a SOFTMAX, must pay for themselves.
 */
const ofMain = { doubt: 2, gain: 2000 };
const ofOthers = { doubt: 1, gain: 0 };

/** Nodes of a part that are better left to the CPU, with what each side takes for all of them; null where there are none. */
export const betterLeft = (
  machine: Machine,
  graph: Graph,
  part: Part,
  steps: readonly StepEstimate[],
  isMain: boolean,
): { readonly nodes: readonly number[]; readonly npu: number; readonly cpu: number } | null => {
  const { doubt, gain } = isMain ? ofMain : ofOthers;
  const { npu, best, sooner, times } = worthOf(machine, graph, part, steps, doubt);
  if (sooner.length === 0 || npu - best < gain) return null;
  const left = times.filter(({ node }) => sooner.includes(node));
  const sum = (side: 'npu' | 'cpu'): number => left.reduce((total, one) => total + one[side], 0);
  return { nodes: sooner, npu: sum('npu'), cpu: sum('cpu') };
};

/** An operation of several nodes counts for the one that names it; nodes without a task of their own cost the NPU nothing. */
export const worthOf = (
  machine: Machine,
  graph: Graph,
  part: Part,
  steps: readonly StepEstimate[],
  cpuFactor = 1,
): Worth => {
  const { chip } = machine;
  const inside = new Set(part.nodes);
  const nodes = graph.nodes.filter(({ index }) => inside.has(index));
  const own = new Map<number, number>();
  for (const { nodes: computed, total, times } of steps) {
    // A step of the host ends a job.
    const more = times === null ? jobMicroseconds(machine, 1) : 0;
    addTo(own, at(computed, 0), total + more);
  }
  const times = nodes.map((node) => ({
    node: node.index,
    npu: sumIn(own, node.index),
    cpu: cpuMicroseconds(chip, graph, node),
  }));
  const costs = times.map(({ npu, cpu }) => ({ npu, cpu: cpuFactor * cpu }));
  const made = new Map(part.inputs.map((tensor) => [tensor, 0]));
  for (const [position, { outputs }] of nodes.entries()) for (const tensor of outputs) made.set(tensor, position + 1);
  const read = new Map(part.outputs.map((tensor) => [tensor, nodes.length]));
  for (const [position, { inputs }] of nodes.entries()) for (const tensor of inputs) raiseTo(read, tensor, position);
  const handed = (tensor: number): number => {
    const { shape = [] } = graph.tensors.get(tensor) ?? {};
    const channels = channelsOf({ shape });
    const bytes = (elementCount(shape) / Math.max(1, channels)) * atomChannels(chip, channels);
    return layoutMicroseconds(machine, bytes) + syncMicroseconds(machine, bytes, 0);
  };
  const isRead = (tensor: number, cut: number): boolean => {
    const last = read.get(tensor);
    return last !== undefined && last >= cut;
  };
  const crossing = Array.from({ length: nodes.length + 1 }, (_, cut) =>
    [...made].reduce((sum, [tensor, from]) => sum + (from <= cut && isRead(tensor, cut) ? handed(tensor) : 0), 0),
  );
  const { onCpu, best, allNpu } = cheapestRuns(costs, {
    enter: crossing,
    leave: crossing,
    job: jobMicroseconds(machine, 1),
  });
  return {
    npu: allNpu,
    cpu: times.reduce((sum, { cpu }) => sum + cpu, 0),
    sooner: onCpu.flatMap((position) => nodes[position]?.index ?? []),
    best,
    times,
  };
};
