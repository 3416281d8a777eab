/** A report as a table for people, and as CSV. */
import { millisecondsText as ms } from '../explain/estimate_text.js';
import { plural } from '../explain/plural.js';
import { type Column, hanging, tableText } from '../explain/text_table.js';
import type { ModelReport } from './model_report.js';
import type { ReportOp } from './report_ops.js';

const kib = (bytes: number): string => (bytes === 0 ? '' : (bytes / 1024).toFixed(1));
const us = (value: number): string => value.toFixed(1);
const percent = (share: number | null): string => (share === null ? '' : `${(100 * share).toFixed(1)}%`);
const number = (value: number): string => (value === 0 ? '' : String(value));

const columns: readonly Column[] = [
  { head: 'op', isText: true },
  { head: 'on', isText: true },
  { head: 'MACs', rank: 2 },
  { head: 'tasks', rank: 4 },
  { head: 'in', rank: 3 },
  { head: 'weights', rank: 3 },
  { head: 'operands', rank: 6 },
  { head: 'out', rank: 3 },
  { head: 'cycles', rank: 5 },
  { head: 'us' },
  { head: 'share', rank: 1 },
  { head: 'util', rank: 7 },
  { head: 'bound', isText: true },
  { head: 'why', isText: true },
];

/** `#4 CONV_2D+2 more`. */
export const opTitle = ({ nodes, op }: Pick<ReportOp, 'nodes' | 'op'>): string => {
  const names = op.split('+');
  const short = names.length > 2 ? `${names[0] ?? ''}+${names.length - 1} more` : op;
  return nodes[0] === undefined ? op : `#${nodes[0]} ${short}`;
};

const amounts = ({ bytes }: Pick<ReportOp, 'bytes'>): readonly string[] =>
  [bytes.input, bytes.weights, bytes.operands, bytes.output].map(kib);

const cells = (op: Omit<ReportOp, 'operations' | 'tiles'>): readonly string[] => [
  opTitle(op),
  op.target === 'host' ? 'host' : op.target.toUpperCase(),
  number(op.macs),
  number(op.tasks),
  ...amounts(op),
  number(op.cycles),
  us(op.microseconds),
  percent(op.share),
  percent(op.utilisation),
  op.bound === 'none' ? '' : op.bound,
  op.why ?? '',
];

const sumCells = ({ sum }: ModelReport): readonly string[] => [
  'in sum',
  '',
  number(sum.macs),
  number(sum.tasks),
  ...amounts(sum),
  number(sum.cycles),
  us(sum.microseconds),
  '100.0%',
  percent(sum.utilisation),
  '',
  '',
];

const optionsText = ({ options }: ModelReport): string =>
  Object.entries(options)
    .map(([name, value]) => `, ${name}=${value}`)
    .join('');

export const reportText = (report: ModelReport, width: number): string => {
  const { model, machine, nodes, parts, sum, advice } = report;
  const on = (target: string): number => nodes.filter((node) => node.target === target).length;
  const host = on('host') === 0 ? '' : ` and ${on('host')} on the host`;
  const lines = [
    ...hanging(
      '',
      `${model}${optionsText(report)}: ${on('npu')} of ${plural(nodes.length, 'node')} on the NPU${host}; ` +
        `${machine.chip} at ${machine.megahertz} MHz; streams in KiB`,
      width,
    ),
    ...tableText({ columns, rows: [...report.ops.map(cells), sumCells(report)] }, width),
    ...parts.flatMap(({ nodes: own, jobs, tasks, bytes, total, oneCore, onCpu }, i) =>
      hanging(
        `part ${i}: `,
        `${plural(own.length, 'node')}, ${plural(tasks, 'task')} in ${plural(jobs, 'job')}; arena ${kib(bytes.arena) || '0'}, ` +
          `shared ${kib(bytes.io) || '0'}, constants ${kib(bytes.constants) || '0'}, commands ${kib(bytes.commands) || '0'} KiB; ` +
          `${ms(total)}${oneCore === null ? '' : `, on one core ${ms(oneCore)}`}, on the CPU ${ms(onCpu)}`,
        width,
      ),
    ),
    ...hanging('model: ', `${ms(sum.microseconds)}; all of it on one big core of the CPU: ${ms(sum.cpuAlone)}`, width),
    ...(advice.length === 0
      ? []
      : [
          'What to change in the model:',
          ...advice.flatMap(({ text, nodes: of }) =>
            hanging(`  ${of.map((node) => `#${node}`).join(' ')}: `, text, width),
          ),
        ]),
  ];
  return `${lines.join('\n')}\n`;
};

const csvCell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** One line for each op of each report, with a line of names before (RFC 4180). */
export const reportCsv = (reports: readonly ModelReport[]): string => {
  const heads =
    'model,options,nodes,op,part,on,why,macs,tasks,cycles,input_bytes,weight_bytes,operand_bytes,output_bytes,microseconds,share,utilisation,bound';
  const rows = reports.flatMap((report) =>
    report.ops.map((op) => [
      report.model,
      Object.entries(report.options)
        .map(([name, value]) => `${name}=${value}`)
        .join(' '),
      op.nodes.join(' '),
      op.op,
      op.part,
      op.target,
      op.why,
      op.macs,
      op.tasks,
      op.cycles,
      op.bytes.input,
      op.bytes.weights,
      op.bytes.operands,
      op.bytes.output,
      op.microseconds,
      op.share,
      op.utilisation,
      op.bound,
    ]),
  );
  return [heads, ...rows.map((row) => row.map(csvCell).join(','))].map((line) => `${line}\r\n`).join('');
};
