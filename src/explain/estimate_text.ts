/** Estimates as tables for people. */
import { at } from '../in_range.js';
import type { PartEstimate, StepEstimate } from '../cost/estimate.js';
import { dispatchMicroseconds, type Machine } from '../hardware/machine.js';
import type { Prediction } from '../cost/published.js';
import type { StreamBytes } from '../hardware/speed.js';
import type { SeveralEstimate } from '../cost/several.js';
import type { Worth } from '../cost/worth.js';
import type { Graph } from '../graph/graph.js';
import type { ModelEstimate } from './model_estimate.js';

/** Columns by their widest cell; the first one to the left, numbers to the right. */
const tableLines = (rows: readonly (readonly string[])[], lefts: readonly number[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        lefts.includes(column) ? cell.padEnd(at(widths, column)) : cell.padStart(at(widths, column)),
      )
      .join('  ')
      .trimEnd(),
  );
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
const us = (value: number): string => value.toFixed(1);
export const millisecondsText = (value: number): string => `${(value / 1000).toFixed(3)} ms`;

const byteCells = ({ input, weights, operands, output }: StreamBytes): readonly string[] =>
  [input, weights, operands, output].map(kib);

const titleOf = (graph: Graph | null, { nodes }: StepEstimate): string => {
  if (graph === null) return nodes.map((node) => `#${node}`).join(' ');
  const names = nodes.map((node) => graph.nodes.find(({ index }) => index === node)?.op ?? '?');
  return `#${at(nodes, 0)} ${names.length > 3 ? `${names.slice(0, 2).join('+')}+${names.length - 2} more` : names.join('+')}`;
};

const stepCells = (graph: Graph | null, step: StepEstimate): readonly string[] => {
  const { times } = step;
  const title = titleOf(graph, step);
  return times === null
    ? [title, '', '', '', '', '', '', us(step.total), 'host']
    : [title, String(times.tasks), String(times.cycles), ...byteCells(times.bytes), us(times.total), times.bound];
};

const header = ['operation', 'tasks', 'cycles', 'input', 'weights', 'operands', 'output', 'us', 'bound'] as const;

/** Stages with the microseconds and tasks of each core, and the exchange before. */
const severalLines = ({ stages, jobs, sync, layout, total, alone }: SeveralEstimate): readonly string[] => [
  `all of that on one core: ${millisecondsText(alone)}. On several, stage by stage:`,
  ...tableLines(
    [
      ['stage', 'us (tasks) of each core', 'exchange', 'copied', 'us'],
      ...stages.map(({ cores, exchange, copied, total: own }, i) => [
        String(i),
        cores.map(({ microseconds, tasks }) => `${us(microseconds)} (${tasks})`).join(', '),
        us(exchange),
        `${(copied / 1024).toFixed(1)} KiB`,
        us(own),
      ]),
    ],
    [0, 1],
  ),
  `jobs ${us(jobs)}, sync ${us(sync)}, conversion ${us(layout)} us`,
  `part: ${millisecondsText(total)}, ${(alone / total).toFixed(2)} times as quick`,
];

/** @param graph null: operations by the numbers of their nodes */
export const partEstimateLines = (graph: Graph | null, estimate: PartEstimate): readonly string[] => {
  const { npu, steps, host, jobs, sync, layout, total, bound, several } = estimate;
  return [
    ...tableLines(
      [
        header,
        ...steps.map((step) => stepCells(graph, step)),
        ['in sum', String(npu.tasks), String(npu.cycles), ...byteCells(npu.bytes), us(npu.total), npu.bound],
      ],
      [0, 8],
    ),
    `NPU ${us(npu.work)} us of work and ${us(npu.dispatch)} of dispatch; jobs ${us(jobs)}, sync ${us(sync)}, conversion ${us(layout)}, host ${us(host)}`,
    ...(several === undefined ? [`part: ${millisecondsText(total)}, bound by ${bound}`] : severalLines(several)),
  ];
};

export const machineText = (machine: Machine): string => {
  const { chip, megahertz, cores, interruptCpu } = machine;
  const busy = cores === 1 ? 'one core' : `${cores} cores at work`;
  return `${chip.name}, ${busy}, ${megahertz} MHz, ${dispatchMicroseconds(machine)} us a task (interrupts on a ${interruptCpu} core of the CPU)`;
};

/** Numbers in a row by the first and the last. */
const rangesText = (numbers: readonly number[]): string =>
  numbers
    .filter((one) => !numbers.includes(one - 1))
    .map((first) => {
      let last = first;
      while (numbers.includes(last + 1)) last++;
      return last === first ? `#${first}` : `#${first}..#${last}`;
    })
    .join(' ');

const worthLine = ({ cpu, sooner, best }: Worth): string =>
  sooner.length === 0
    ? `on the CPU it would take ${millisecondsText(cpu)}; no run of its nodes would be done sooner there`
    : `on the CPU it would take ${millisecondsText(cpu)}; ${sooner.length} of its nodes would be done sooner there (${rangesText(sooner)}): ${millisecondsText(best)} in all`;

export const modelEstimateText = (name: string, estimate: ModelEstimate): string => {
  const { machine, graph, parts, left, cpu, cpuAlone, total } = estimate;
  const lines = [
    `${name}: ${machineText(machine)}; streams in KiB`,
    ...parts.flatMap(({ part, estimate: one, worth }, i) => [
      `part ${i}: ${part.nodes.length} nodes`,
      ...partEstimateLines(graph, one),
      worthLine(worth),
    ]),
    `CPU: ${left.length} nodes, ${millisecondsText(cpu)}`,
    `model: ${millisecondsText(total)}; all of it on one big core of the CPU: ${millisecondsText(cpuAlone)}`,
  ];
  return `${lines.join('\n')}\n`;
};

const figure = (value: number): string => value.toPrecision(4);

const percent = (error: number): string => `${error > 0 ? '+' : ''}${(100 * error).toFixed(1)} %`;

export const publishedText = (predictions: readonly Prediction[]): string => {
  const rows = predictions.map(({ what, unit, least, most, predicted, error, source, note }) => [
    what,
    unit,
    least === most ? figure(least) : `${figure(least)} to ${figure(most)}`,
    figure(predicted),
    percent(error),
    note === '' ? source : `${source} (${note})`,
  ]);
  const lines = tableLines([['what', 'unit', 'published', 'predicted', 'error', 'source'], ...rows], [0, 1, 5]);
  return `${lines.join('\n')}\n`;
};
