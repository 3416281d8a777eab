/** Programs for the NPU by the model of the hardware: Mesa's recorded ones, the vendor's by its figures, ptfe's. */
import { existsSync, readFileSync } from 'node:fs';
import { parseJson, readUnpacked } from '../../src/cli/files.js';
import type { CoreChoice } from '../../src/on_cores.js';
import { estimateModel, type ModelEstimate } from '../../src/explain/model_estimate.js';
import { programOfRecording, readRecording } from '../../src/lab/stream/recording.js';
import { rk3588 } from '../../src/hardware/chips.js';
import { bytesOf, type TaskCost, workMicroseconds } from '../../src/hardware/speed.js';
import { dispatchMicroseconds, type Machine, machineOf } from '../../src/hardware/machine.js';
import { sharedPath } from '../../test/host/shared.js';
import type { Figure, Row } from '../figures.js';
import { fileOf, modelPath } from '../models.js';
import type { Measure, Part } from '../part.js';
import { leastCosts } from '../physical_bound.js';
import { convolutionCost } from '../register_cost.js';

const slow = machineOf(rk3588, { megahertz: 200, interruptCpu: 'little' });
const quick = machineOf(rk3588, { megahertz: 1000, interruptCpu: 'big' });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const milliseconds = (machine: Machine, costs: readonly TaskCost[], tasks: number): number =>
  (sum(costs.map((cost) => workMicroseconds(machine, cost))) + tasks * dispatchMicroseconds(machine)) / 1000;

const figuresOf = (costs: readonly TaskCost[], tasks: number): Readonly<Record<string, Figure>> => ({
  cycles: sum(costs.map(({ cycles }) => cycles)) / 1e6,
  bytes: sum(costs.map(({ bytes }) => bytesOf(bytes))) / 1e6,
  slow: milliseconds(slow, costs, tasks),
  quick: milliseconds(quick, costs, tasks),
  alone: milliseconds(quick, costs, 0),
});

/** Mesa's stream of the model; null where none was recorded. */
const mesaRow = (file: string): Row | null => {
  const path = sharedPath(`golden/mesa/${file}.json.gz`);
  if (!existsSync(path)) return null;
  const recording = readRecording(parseJson(readUnpacked(path)), null);
  const costs = programOfRecording(recording).tasks.map((task) => convolutionCost(rk3588, task));
  const jobs = sum(recording.submits.map(({ length }) => length));
  return { who: 'Mesa, recorded', figures: { tasks: costs.length, jobs, ...figuresOf(costs, costs.length) } };
};

interface VendorProgram {
  readonly tasks: number;
  readonly cycles: number;
  readonly bytes: number;
  readonly alone: number;
}

/** Programs of the vendor's compiler 2.5.0 of the same files, one core: convolutions and pools (read in November 2026). */
const vendorPrograms: Readonly<Record<string, VendorProgram>> = {
  MobileNetV1: { tasks: 38, cycles: 1.145, bytes: 15.02, alone: 1.92 },
  MobileNetV2: { tasks: 68, cycles: 1.237, bytes: 18.57, alone: 2.36 },
  'MobileNetV2, per channel': { tasks: 68, cycles: 1.237, bytes: 18.64, alone: 2.37 },
  'EfficientNet-Lite0': { tasks: 65, cycles: 1.587, bytes: 20.1, alone: 2.68 },
  PoseNet: { tasks: 82, cycles: 3.107, bytes: 36.3, alone: 4.8 },
  'DeepLab v3': { tasks: 177, cycles: 5.53, bytes: 88, alone: 11.2 },
};

const ours = (slowly: ModelEstimate, quickly: ModelEstimate): Readonly<Record<string, Figure>> => {
  const parts = slowly.parts.map(({ estimate }) => estimate);
  const npu = parts.map((part) => part.npu);
  const jobs = (estimate: ModelEstimate): number =>
    sum(estimate.parts.map((part) => part.estimate.jobs)) / estimate.machine.chip.dispatch.jobMicroseconds;
  return {
    nodes: `${slowly.graph.nodes.length - slowly.left.length} of ${slowly.graph.nodes.length}`,
    tasks: sum(npu.map(({ tasks }) => tasks)),
    jobs: jobs(slowly),
    cycles: sum(npu.map(({ cycles }) => cycles)) / 1e6,
    bytes: sum(npu.map(({ bytes }) => bytesOf(bytes))) / 1e6,
    slow: sum(npu.map(({ total }) => total)) / 1000,
    quick: sum(quickly.parts.map(({ estimate }) => estimate.npu.total)) / 1000,
    alone: sum(quickly.parts.map(({ estimate }) => estimate.npu.work)) / 1000,
  };
};

/** Conversions, sync and jobs with it; without the nodes that the CPU keeps. */
const inference = ({ parts }: ModelEstimate): number => sum(parts.map(({ estimate }) => estimate.total)) / 1000;

/** On several cores: tasks of all of them, and how many stages, between which the CPU copies. */
const onCores = (slowly: ModelEstimate, quickly: ModelEstimate): Readonly<Record<string, Figure>> => {
  const stages = slowly.parts.flatMap(({ estimate }) => estimate.several?.stages ?? []);
  return {
    tasks: sum(stages.flatMap(({ cores }) => cores.map(({ tasks }) => tasks))),
    stages: stages.length,
    wholeSlow: inference(slowly),
    wholeQuick: inference(quickly),
  };
};

const rowsOf = (name: string): readonly Row[] => {
  const file = fileOf(name);
  const bytes = readFileSync(modelPath(file));
  const estimate = ({ megahertz, interruptCpu }: Machine, cores: CoreChoice): ModelEstimate =>
    estimateModel(bytes, { trust: 'inferred', cores, machine: { megahertz, interruptCpu } }, 0);
  const [slowly, quickly] = [estimate(slow, '1'), estimate(quick, '1')];
  const taken = slowly.parts.flatMap(({ part }) => part.nodes);
  const least = leastCosts(rk3588, slowly.graph, taken);
  const vendor = vendorPrograms[name];
  const mesa = mesaRow(file);
  const several = (['2', '3'] as const).flatMap((cores): readonly Row[] => {
    const [slower, quicker] = [estimate(slow, cores), estimate(quick, cores)];
    const isSplit = [...slower.parts, ...quicker.parts].every((part) => part.estimate.several !== undefined);
    return isSplit ? [{ who: `ptfe, ${cores} cores`, figures: onCores(slower, quicker) }] : [];
  });
  return [
    { who: 'bound', figures: figuresOf(least, 0) },
    ...(vendor === undefined ? [] : [{ who: "vendor's compiler", figures: { ...vendor } }]),
    {
      who: 'ptfe',
      figures: { ...ours(slowly, quickly), wholeSlow: inference(slowly), wholeQuick: inference(quickly) },
    },
    ...several,
    ...(mesa === null ? [] : [mesa]),
  ];
};

const open = (): Promise<Measure> => Promise.resolve((name) => Promise.resolve(rowsOf(name)));

export const programs: Part = {
  name: 'programs',
  title: 'Programs for the NPU, by the model of the hardware',
  text: [
    "Tasks, cycles and bytes are counted; times are calculated from them with one model for all (`ptfe estimate`; ARCHITECTURE.md, `cost/`): no board was at hand. At 200 MHz (the mainline kernel's clock) with interrupts on a little core, 51 us a task; at 1 GHz with 27 us; and at 1 GHz without any dispatch, as the vendor's driver starts all tasks at once. Without what the CPU does before and behind, but for the last two columns, which have conversions, sync and jobs. Several cores compute one inference in stages, between which the CPU exchanges what they made.",
    "`bound`: every multiply-accumulate at the full rate, each node's inputs, weights and outputs moved once, no dispatch, for the nodes that ptfe takes. Mesa's stream was recorded from libteflon 26.2.6; it has fewer nodes (no pools, no RESHAPE, of SSD not the heads). The vendor's figures are those of its compiler 2.5.0 for the same file, read once in November 2026: convolutions and pools of its one-core list; nothing of it is part of this repository.",
  ],
  each: 'model',
  columns: [
    { key: 'nodes', title: 'nodes taken' },
    { key: 'tasks', title: 'tasks' },
    { key: 'jobs', title: 'jobs' },
    { key: 'cycles', title: 'Mcycles' },
    { key: 'bytes', title: 'MB' },
    { key: 'slow', title: 'ms at 200 MHz' },
    { key: 'quick', title: 'ms at 1 GHz' },
    { key: 'alone', title: 'ms at 1 GHz, no dispatch' },
    { key: 'stages', title: 'stages' },
    { key: 'wholeSlow', title: 'with jobs and conversions, 200 MHz' },
    { key: 'wholeQuick', title: '1 GHz' },
  ],
  ratios: [
    { title: '200 MHz: Mesa / ptfe', column: 'slow', over: 'Mesa, recorded', under: 'ptfe' },
    { title: '200 MHz: ptfe / bound', column: 'slow', over: 'ptfe', under: 'bound' },
    { title: '1 GHz, no dispatch: ptfe / vendor', column: 'alone', over: 'ptfe', under: "vendor's compiler" },
    { title: '1 GHz, no dispatch: ptfe / bound', column: 'alone', over: 'ptfe', under: 'bound' },
    { title: '200 MHz: one core / three', column: 'wholeSlow', over: 'ptfe', under: 'ptfe, 3 cores' },
  ],
  cases: [
    ...['MobileNetV1 0.25', 'MobileNetV1 0.5', 'MobileNetV1', 'MobileNetV2', 'MobileNetV2, per channel'],
    ...['EfficientNet-Lite0', 'SSD MobileNetV1', 'PoseNet', 'DeepLab v3'],
  ],
  quickCases: ['MobileNetV1 0.25', 'MobileNetV1', 'MobileNetV2', 'SSD MobileNetV1'],
  byHand: [
    '`npx ptfe estimate MODEL --clock 200` and `--clock 1000 --interrupt-cpu big`: one model, op by op.',
    "`npx ptfe stream show ../shared/golden/mesa/MODEL.json.gz`: Mesa's words, field by field.",
  ],
  open,
};
