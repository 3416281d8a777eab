/** The rows of a report: what one op costs, or several that are computed as one, or what surrounds the ops of a part. */
import type { StepEstimate } from '../cost/estimate.js';
import type { Bound } from '../cost/time.js';
import type { CheckedNode } from '../explain/check_model.js';
import { operationLine } from '../explain/operation_text.js';
import type { Graph } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import type { Machine } from '../hardware/machine.js';
import type { StreamBytes } from '../hardware/speed.js';
import { cpuMicroseconds, macsOf } from '../partition/cpu.js';
import { isHostStep, type Step } from '../tile/task.js';
import type { StagedPart } from './collect.js';

export interface ReportTile {
  /** Rows, columns and channels of the output that a task makes. */
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Banks of CBUF; null: it reads no features through it. */
  readonly banks: { readonly data: number; readonly weights: number; readonly kept: boolean } | null;
}

export interface ReportOp {
  /** TFLite's nodes, the one that names it first; none: what surrounds a part. */
  readonly nodes: readonly number[];
  readonly op: string;
  readonly part: number | null;
  readonly target: 'npu' | 'host' | 'cpu';
  /** What keeps it from the NPU; null: nothing. */
  readonly why: string | null;
  /** Multiply-accumulates that the model asks for. */
  readonly macs: number;
  readonly tasks: number;
  readonly cycles: number;
  readonly bytes: StreamBytes;
  readonly microseconds: number;
  /** What the time goes by; `none`: it takes no task and no time. */
  readonly bound: Bound | 'host' | 'cpu' | 'none';
  /** MACs by those that a core could do in the time; null: it has none. */
  readonly utilisation: number | null;
  /** Of the time of all ops, on one core. */
  readonly share: number;
  /** What it became, as `ptfe dump --after tile` has it. */
  readonly operations: readonly string[];
  readonly tiles: readonly ReportTile[];
}

const noBytes: StreamBytes = { input: 0, weights: 0, operands: 0, output: 0 };

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** More tiles than a person looks at are not in a report. */
const mostTiles = 256;

const tilesOf = (step: Step): readonly ReportTile[] =>
  isHostStep(step)
    ? []
    : step.tiles.map((tile) =>
        'outputRows' in tile
          ? {
              rows: tile.outputRows,
              columns: tile.outputColumns,
              channels: tile.channels,
              banks: { data: tile.banks.data, weights: tile.banks.weights, kept: tile.banks.weightReuse },
            }
          : { rows: tile.rows, columns: tile.columns, channels: tile.channels, banks: null },
      );

const boundOf = (steps: readonly StepEstimate[]): ReportOp['bound'] => {
  const times = steps.flatMap(({ times: one }) => (one === null ? [] : [one]));
  const host = sum(steps.filter(({ times: one }) => one === null).map(({ total }) => total));
  const npu = sum(times.map(({ total }) => total));
  if (steps.length === 0) return 'none';
  if (host > npu) return 'host';
  const [dispatch, work] = [sum(times.map((one) => one.dispatch)), sum(times.map((one) => one.work))];
  if (dispatch > work) return 'dispatch';
  return sum(times.map((one) => one.memory)) > sum(times.map((one) => one.compute)) ? 'memory' : 'compute';
};

type Row = Omit<ReportOp, 'share'>;

const whyOf = ({ rule, text }: CheckedNode): string | null => (rule === null ? null : `${rule}: ${text ?? ''}`);

/** Nodes that share an operation are one row. */
const groupsOf = (nodes: readonly number[], steps: readonly StepEstimate[]): readonly (readonly number[])[] => {
  const groupOf = new Map(nodes.map((node) => [node, new Set([node])]));
  for (const step of steps) {
    const together = new Set(step.nodes.flatMap((node) => [...(groupOf.get(node) ?? [node])]));
    for (const node of together) groupOf.set(node, together);
  }
  return [...new Set(groupOf.values())].map((group) => [...group].sort((a, b) => a - b));
};

export const npuOps = (
  { chip, megahertz }: Machine,
  graph: Graph,
  checked: readonly CheckedNode[],
  { part, tile, estimate }: StagedPart,
  number: number,
): readonly Row[] => {
  const rows = groupsOf(part.nodes, estimate.steps).map((nodes): Row => {
    const positions = estimate.steps.flatMap((step, i) => (step.nodes.some((one) => nodes.includes(one)) ? [i] : []));
    const steps = positions.flatMap((i) => estimate.steps[i] ?? []);
    const made = positions.flatMap((i) => tile.steps[i] ?? []);
    const times = steps.flatMap((step) => step.times ?? []);
    const own = graph.nodes.filter(({ index }) => nodes.includes(index));
    const macs = sum(own.map((node) => macsOf(graph, node)));
    const time = sum(times.map(({ total }) => total));
    const why = checked.filter(({ node }) => nodes.includes(node)).flatMap((one) => whyOf(one) ?? []);
    const stream = (name: keyof StreamBytes): number => sum(times.map(({ bytes }) => bytes[name]));
    return {
      nodes,
      op: own.map(({ op }) => op).join('+'),
      part: number,
      target: why.length > 0 ? 'host' : 'npu',
      why: why[0] ?? null,
      macs,
      tasks: sum(times.map(({ tasks }) => tasks)),
      cycles: sum(times.map(({ cycles }) => cycles)),
      bytes: {
        input: stream('input'),
        weights: stream('weights'),
        operands: stream('operands'),
        output: stream('output'),
      },
      microseconds: sum(steps.map(({ total }) => total)),
      bound: boundOf(steps),
      utilisation: macs === 0 || time === 0 ? null : macs / (time * megahertz * chip.clocks.macsPerCycle),
      operations: made.map(({ operation }) => operationLine(operation)),
      tiles: made.flatMap(tilesOf).slice(0, mostTiles),
    };
  });
  return [...rows, around(estimate, number)];
};

/** Submits, sync and conversion of a part. */
const around = ({ jobs, sync, layout }: StagedPart['estimate'], part: number): Row => ({
  nodes: [],
  op: 'jobs, sync, conversion',
  part,
  target: 'host',
  why: `around part ${part}`,
  macs: 0,
  tasks: 0,
  cycles: 0,
  bytes: noBytes,
  microseconds: jobs + sync + layout,
  bound: 'host',
  utilisation: null,
  operations: [],
  tiles: [],
});

export const cpuOp = (chip: Chip, graph: Graph, checked: CheckedNode): Row => {
  const node = graph.nodes.find(({ index }) => index === checked.node);
  return {
    nodes: [checked.node],
    op: checked.op,
    part: null,
    target: 'cpu',
    why: whyOf(checked),
    macs: node === undefined ? 0 : macsOf(graph, node),
    tasks: 0,
    cycles: 0,
    bytes: noBytes,
    microseconds: node === undefined ? 0 : cpuMicroseconds(chip, graph, node),
    bound: 'cpu',
    utilisation: null,
    operations: [],
    tiles: [],
  };
};
