/** Times of tasks that were measured, joined with the rows of a report. */
import { at } from '../in_range.js';
import type { Plan } from '../plan/format.js';
import type { ModelReport } from './model_report.js';

/** Of one run of a part. Nanoseconds. */
export interface PartTimes {
  readonly inputs: number;
  readonly outputs: number;
  readonly hosts: readonly number[];
  readonly tasks: readonly { readonly nanoseconds: number; readonly cycles: number }[];
}

export interface MeasuredPart {
  readonly plan: Plan;
  /** Of each run. */
  readonly runs: readonly PartTimes[];
  /** Nanoseconds: the opening of the plan. */
  readonly prepare: number;
}

export interface MeasuredOp {
  readonly nodes: readonly number[];
  readonly op: string;
  readonly target: ModelReport['ops'][number]['target'];
  readonly macs: number;
  readonly tasks: number;
  readonly cycles: number;
  /** Microseconds: by the model of the hardware, and measured: the median of the runs; null: nobody measured it. */
  readonly estimated: number;
  readonly measured: number | null;
  /** Of what was measured. */
  readonly share: number | null;
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return (at(sorted, middle - 1 + (sorted.length % 2)) + at(sorted, middle)) / 2;
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Microseconds of some nodes in one run. */
const timeOf = ({ ops, hosts }: Plan, nodes: readonly number[], times: PartTimes): number => {
  const own = ops.flatMap((op, i) => (nodes.includes(op.node) ? [i] : []));
  const tasks = own.flatMap((i) => {
    const { firstTask, taskCount } = at(ops, i);
    return times.tasks.slice(firstTask, firstTask + taskCount).map(({ nanoseconds }) => nanoseconds);
  });
  const onHost = hosts.flatMap(({ op }, i) => (own.includes(op) ? [at(times.hosts, i)] : []));
  return sum([...tasks, ...onHost]) / 1000;
};

/** @param parts those of the report, in its order */
export const measuredOps = ({ ops }: ModelReport, parts: readonly MeasuredPart[]): readonly MeasuredOp[] => {
  const measured = ops.map((op): number | null => {
    if (op.part === null) return null;
    const part = at(parts, op.part);
    const around = (times: PartTimes): number => (times.inputs + times.outputs) / 1000;
    return median(
      part.runs.map((times) => (op.nodes.length === 0 ? around(times) : timeOf(part.plan, op.nodes, times))),
    );
  });
  const total = sum(measured.flatMap((one) => one ?? []));
  return ops.map(({ nodes, op, target, macs, tasks, cycles, microseconds }, i) => {
    const own = measured[i] ?? null;
    const share = own === null || total === 0 ? null : own / total;
    return { nodes, op, target, macs, tasks, cycles, estimated: microseconds, measured: own, share };
  });
};
