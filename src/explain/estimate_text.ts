/** Estimates as tables for people. */
import type { PartEstimate, StepEstimate } from '../cost/estimate.js';
import { dispatchMicroseconds, type Machine } from '../hardware/machine.js';
import type { Prediction } from '../cost/published.js';
import type { StreamBytes } from '../hardware/speed.js';
import type { SeveralEstimate } from '../cost/several.js';
import type { Worth } from '../cost/worth.js';
import type { Graph } from '../graph/graph.js';
import { at } from '../in_range.js';
import type { ModelEstimate } from './model_estimate.js';
import { plural } from './plural.js';
import { type Column, hanging, tableText } from './text_table.js';

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

const columns: readonly Column[] = [
  { head: 'operation', isText: true },
  { head: 'tasks', rank: 2 },
  { head: 'cycles', rank: 3 },
  { head: 'input', rank: 1 },
  { head: 'weights', rank: 1 },
  { head: 'operands', rank: 4 },
  { head: 'output', rank: 1 },
  { head: 'us' },
  { head: 'bound', isText: true },
];

const stageColumns: readonly Column[] = [
  { head: 'stage', isText: true },
  { head: 'us (tasks) of each core', isText: true },
  { head: 'exchange' },
  { head: 'copied', rank: 1 },
  { head: 'us' },
];

/** Stages with the microseconds and tasks of each core, and the exchange before. */
const severalLines = (
  { stages, jobs, sync, layout, total, alone }: SeveralEstimate,
  width: number,
): readonly string[] => [
  `all of that on one core: ${millisecondsText(alone)}. On several, stage by stage:`,
  ...tableText(
    {
      columns: stageColumns,
      rows: stages.map(({ cores, exchange, copied, total: own }, i) => [
        String(i),
        cores.map(({ microseconds, tasks }) => `${us(microseconds)} (${tasks})`).join(', '),
        us(exchange),
        `${(copied / 1024).toFixed(1)} KiB`,
        us(own),
      ]),
    },
    width,
  ),
  `jobs ${us(jobs)}, sync ${us(sync)}, conversion ${us(layout)} us`,
  `part: ${millisecondsText(total)}, ${(alone / total).toFixed(2)} times as quick`,
];

/** @param graph null: operations by the numbers of their nodes */
export const partEstimateLines = (graph: Graph | null, estimate: PartEstimate, width = Infinity): readonly string[] => {
  const { npu, steps, host, jobs, sync, layout, total, bound, several } = estimate;
  return [
    ...tableText(
      {
        columns,
        rows: [
          ...steps.map((step) => stepCells(graph, step)),
          ['in sum', String(npu.tasks), String(npu.cycles), ...byteCells(npu.bytes), us(npu.total), npu.bound],
        ],
      },
      width,
    ),
    ...hanging(
      'NPU ',
      `${us(npu.work)} us of work and ${us(npu.dispatch)} of dispatch; jobs ${us(jobs)}, sync ${us(sync)}, conversion ${us(layout)}, host ${us(host)}`,
      width,
    ),
    ...(several === undefined ? [`part: ${millisecondsText(total)}, bound by ${bound}`] : severalLines(several, width)),
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

export const modelEstimateText = (name: string, estimate: ModelEstimate, width = Infinity): string => {
  const { machine, graph, parts, left, cpu, cpuAlone, total } = estimate;
  const lines = [
    ...hanging(`${name}: `, `${machineText(machine)}; streams in KiB`, width),
    ...parts.flatMap(({ part, estimate: one, worth }, i) => [
      `part ${i}: ${plural(part.nodes.length, 'node')}`,
      ...partEstimateLines(graph, one, width),
      ...hanging('', worthLine(worth), width),
    ]),
    `CPU: ${plural(left.length, 'node')}, ${millisecondsText(cpu)}`,
    ...hanging(
      'model: ',
      `${millisecondsText(total)}; all of it on one big core of the CPU: ${millisecondsText(cpuAlone)}`,
      width,
    ),
  ];
  return `${lines.join('\n')}\n`;
};

const figure = (value: number): string => value.toPrecision(4);

const percent = (error: number): string => `${error > 0 ? '+' : ''}${(100 * error).toFixed(1)} %`;

export const publishedText = (predictions: readonly Prediction[], width = Infinity): string => {
  const rows = predictions.map(({ what, unit, least, most, predicted, error, source, note }) => [
    what,
    unit,
    least === most ? figure(least) : `${figure(least)} to ${figure(most)}`,
    figure(predicted),
    percent(error),
    note === '' ? source : `${source} (${note})`,
  ]);
  const lines = tableText(
    {
      columns: [
        { head: 'what', isText: true },
        { head: 'unit', isText: true },
        { head: 'published' },
        { head: 'predicted' },
        { head: 'error' },
        { head: 'source', isText: true },
      ],
      rows,
    },
    width,
  );
  return `${lines.join('\n')}\n`;
};
