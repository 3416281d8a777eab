/** What the plan of a model costs by the model of `cost/`: its partitions by operation, and the nodes that the CPU keeps. */
import { type CompileOptions, hardwareOf } from '../compile.js';
import { cpuMicroseconds } from '../partition/cpu.js';
import type { PartEstimate } from '../cost/estimate.js';
import { type Worth, worthOf } from '../cost/worth.js';
import { type Machine, machineOf } from '../hardware/machine.js';
import type { Graph, Part } from '../graph/graph.js';
import { readTflite } from '../tflite/reader.js';
import { stagesAfter } from './dump.js';

export interface EstimatedPart {
  readonly part: Part;
  readonly estimate: PartEstimate;
  readonly worth: Worth;
}

/** Microseconds. */
export interface ModelEstimate {
  readonly machine: Machine;
  readonly graph: Graph;
  readonly parts: readonly EstimatedPart[];
  /** Nodes that no partition has, and the CPU's time for all of them. */
  readonly left: readonly number[];
  readonly cpu: number;
  /** All nodes of the model on the CPU. */
  readonly cpuAlone: number;
  readonly total: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** @throws PtfeError for a damaged file */
export const estimateModel = (bytes: Uint8Array, options: CompileOptions, subgraph: number): ModelEstimate => {
  const { chip } = hardwareOf(options);
  const { graph } = readTflite(bytes, subgraph, options.numerics);
  const machine = machineOf(chip, options.machine);
  const parts = stagesAfter(bytes, options, subgraph, 'estimate').flatMap((stage): readonly EstimatedPart[] => {
    if (stage.stage !== 'estimate') return [];
    const { part, data: estimate } = stage;
    return [{ part, estimate, worth: worthOf(machine, graph, part, estimate.steps) }];
  });
  const taken = new Set(parts.flatMap(({ part }) => part.nodes));
  const left = graph.nodes.filter(({ index }) => !taken.has(index));
  const cpu = sum(left.map((node) => cpuMicroseconds(chip, graph, node)));
  return {
    machine,
    graph,
    parts,
    left: left.map(({ index }) => index),
    cpu,
    cpuAlone: sum(graph.nodes.map((node) => cpuMicroseconds(chip, graph, node))),
    total: cpu + sum(parts.map(({ estimate }) => estimate.total)),
  };
};
