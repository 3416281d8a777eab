/** What `ptfe report` knows of a model: where each op runs and why, what it costs, and what stands where in memory and when. Plain data. */
import { type CompileOptions, compileTflite, defaultOptions, hardwareOf } from '../compile.js';
import { checkedNode, type CheckedNode } from '../explain/check_model.js';
import type { Tensor } from '../graph/graph.js';
import { newestNumerics } from '../graph/numerics.js';
import { machineOf } from '../hardware/machine.js';
import type { Machine } from '../hardware/machine.js';
import { cpuMicroseconds } from '../partition/cpu.js';
import { readTflite } from '../tflite/reader.js';
import { engineVersion } from '../version.js';
import { collectStages } from './collect.js';
import { cpuOp, npuOps, type ReportOp } from './report_ops.js';
import { type PartMemory, partMemory } from './part_memory.js';
import { partTimeline, type TimelineTask } from './timeline.js';

export interface ReportNode extends CheckedNode {
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

export interface ReportTensor {
  readonly tensor: number;
  readonly name: string;
  readonly type: Tensor['type'];
  readonly shape: readonly number[];
  readonly constant: boolean;
  /** Of the first channel, and how many there are. */
  readonly scale: number | null;
  readonly zeroPoint: number | null;
  readonly scales: number;
}

export interface ReportPart {
  readonly nodes: readonly number[];
  readonly jobs: number;
  readonly tasks: number;
  /** Bytes of its constants, register commands, arena, and of the memory that the host shares. */
  readonly bytes: {
    readonly constants: number;
    readonly commands: number;
    readonly arena: number;
    readonly io: number;
  };
  /** Microseconds: of the NPU's tasks, of C kernels on the host, and of what is around: jobs, sync and conversion. */
  readonly npu: number;
  readonly host: number;
  readonly jobsTime: number;
  readonly sync: number;
  readonly conversion: number;
  readonly total: number;
  /** Where it is for several cores: what it takes on one. */
  readonly oneCore: number | null;
  /** The whole part on the CPU. */
  readonly onCpu: number;
  readonly timeline: readonly TimelineTask[];
  readonly memory: PartMemory;
}

export interface ReportSum {
  readonly macs: number;
  /** Of these on the NPU. */
  readonly npuMacs: number;
  readonly tasks: number;
  readonly jobs: number;
  readonly cycles: number;
  readonly bytes: ReportOp['bytes'];
  readonly microseconds: number;
  /** The model without an NPU. */
  readonly cpuAlone: number;
  /** MACs of the NPU's ops by what its cores could do in their time. */
  readonly utilisation: number | null;
}

export interface ModelReport {
  /** The model's file, as it was named. */
  readonly model: string;
  readonly version: string;
  /** Options that are not the defaults, for a title. */
  readonly options: Readonly<Record<string, string>>;
  readonly numerics: string;
  readonly machine: Omit<Machine, 'chip'> & {
    readonly chip: string;
    readonly macsPerCycle: number;
    readonly cbuf: { readonly banks: number; readonly bankBytes: number };
  };
  readonly nodes: readonly ReportNode[];
  /** Those that nodes read or make. */
  readonly tensors: readonly ReportTensor[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly ops: readonly ReportOp[];
  readonly parts: readonly ReportPart[];
  readonly sum: ReportSum;
  /** What to change in the model, once for all nodes that it is for. */
  readonly advice: readonly { readonly text: string; readonly nodes: readonly number[] }[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const tensorOf = ({ index, name, type, shape, constant, quantization }: Tensor): ReportTensor => ({
  tensor: index,
  name,
  type,
  shape,
  constant,
  scale: quantization?.scales[0] ?? null,
  zeroPoint: quantization?.zeroPoints[0] ?? null,
  scales: quantization === null ? 0 : quantization.scales.length,
});

const adviceOf = (nodes: readonly CheckedNode[]): ModelReport['advice'] => {
  const found = new Map<string, number[]>();
  for (const { node, advice } of nodes) if (advice !== null) found.set(advice, [...(found.get(advice) ?? []), node]);
  return [...found].map(([text, of]) => ({ text, nodes: of }));
};

const givenOptions = ({
  trust,
  parts,
  precision,
  numerics,
  cores,
  machine = {},
}: CompileOptions): Record<string, string> => {
  const { trust: usual } = defaultOptions;
  const all: readonly (readonly [string, unknown, unknown])[] = [
    ['trust', trust, usual],
    ['parts', parts, 'worthwhile'],
    ['precision', precision, 'fast'],
    ['numerics', numerics, newestNumerics],
    ['clock', machine.megahertz, undefined],
    ['cores', cores, '1'],
    ['busy-cores', machine.cores, undefined],
    ['exchange', machine.exchangeMicroseconds, undefined],
    ['interrupt-cpus', machine.interruptCpus, undefined],
    ['interrupt-cpu', machine.interruptCpu, undefined],
  ];
  return Object.fromEntries(
    all.flatMap(([name, value, preset]) => (value === undefined || value === preset ? [] : [[name, String(value)]])),
  );
};

/** @param name of the model, for titles @throws PtfeError for a damaged file */
export const reportModel = (bytes: Uint8Array, options: CompileOptions, name = 'model', subgraph = 0): ModelReport => {
  const { chip } = hardwareOf(options);
  const machine = machineOf(chip, options.machine);
  const { graph, inputs, outputs } = readTflite(bytes, subgraph, options.numerics);
  const stages = collectStages((observe) => compileTflite(bytes, options, subgraph, observe));
  const { compiled } = stages;
  const checked = graph.nodes.map(({ index, op, inputs: from, outputs: to }) => ({
    ...checkedNode(compiled, index, op),
    inputs: from,
    outputs: to,
  }));
  const cpuOf = (nodes: readonly number[]): number =>
    sum(graph.nodes.filter(({ index }) => nodes.includes(index)).map((node) => cpuMicroseconds(chip, graph, node)));
  const parts = stages.parts.map(({ part, plan, tile, schedule, allocate, estimate }): ReportPart => {
    const bo = (kind: (typeof plan.bos)[number]['kind']): number =>
      sum(plan.bos.flatMap((one) => (one.kind === kind ? [one.size] : [])));
    return {
      nodes: part.nodes,
      jobs: plan.jobs.length,
      tasks: plan.tasks.length,
      bytes: { constants: bo('constants'), commands: bo('regcmd'), arena: bo('arena'), io: bo('io') },
      npu: estimate.npu.total,
      host: estimate.host,
      jobsTime: estimate.jobs,
      sync: estimate.sync,
      conversion: estimate.layout,
      total: estimate.total,
      onCpu: cpuOf(part.nodes),
      timeline: partTimeline(machine, tile.steps, schedule, estimate),
      oneCore: estimate.several?.alone ?? null,
      // On several cores each program has a memory of its own, of which the stages say nothing.
      memory: estimate.several === undefined ? partMemory(allocate, tile, graph) : { operations: 0, blocks: [] },
    };
  });
  const left = checked.filter(({ target }) => target === 'cpu');
  const cpu = cpuOf(left.map(({ node }) => node));
  const microseconds = cpu + sum(parts.map(({ total }) => total));
  const rows = [
    ...stages.parts.flatMap((staged, i) => npuOps(machine, graph, checked, staged, i)),
    ...left.map((node) => cpuOp(chip, graph, node)),
  ];
  // On several cores the model's time is less than that of its ops.
  const alone = sum(rows.map((op) => op.microseconds));
  const ops = rows
    .map((op) => ({ ...op, share: alone === 0 ? 0 : op.microseconds / alone }))
    .sort((a, b) => (a.nodes[0] ?? Infinity) - (b.nodes[0] ?? Infinity));
  const onNpu = ops.filter(({ target }) => target === 'npu');
  const npuMacs = sum(onNpu.map(({ macs }) => macs));
  const npuTime = sum(onNpu.map((op) => op.microseconds));
  const bytesOf = (stream: keyof ReportOp['bytes']): number => sum(ops.map((op) => op.bytes[stream]));
  const used = new Set(graph.nodes.flatMap((node) => [...node.inputs, ...node.outputs]));
  return {
    model: name,
    version: engineVersion,
    options: givenOptions(options),
    numerics: graph.numerics,
    machine: {
      ...machine,
      chip: chip.name,
      macsPerCycle: chip.clocks.macsPerCycle,
      cbuf: { banks: chip.cbuf.banks, bankBytes: chip.cbuf.bankBytes },
    },
    nodes: checked,
    tensors: [...graph.tensors.values()].filter(({ index }) => used.has(index)).map(tensorOf),
    inputs,
    outputs,
    ops,
    parts,
    sum: {
      macs: sum(ops.map(({ macs }) => macs)),
      npuMacs,
      tasks: sum(ops.map(({ tasks }) => tasks)),
      jobs: sum(parts.map(({ jobs }) => jobs)),
      cycles: sum(ops.map(({ cycles }) => cycles)),
      bytes: {
        input: bytesOf('input'),
        weights: bytesOf('weights'),
        operands: bytesOf('operands'),
        output: bytesOf('output'),
      },
      microseconds,
      cpuAlone: cpuOf(graph.nodes.map(({ index }) => index)),
      utilisation: npuTime === 0 ? null : npuMacs / (npuTime * machine.megahertz * chip.clocks.macsPerCycle),
    },
    advice: adviceOf(checked),
  };
};
