/** `ptfe report`: what of models runs where and why, and what it costs: a table, CSV, JSON, and a page. */
import { reportHtml } from '../report/html.js';
import { type ModelReport, reportModel } from '../report/model_report.js';
import { reportCsv, reportText } from '../report/report_text.js';
import {
  type CommandOptions,
  badUsage,
  stream,
  type Arguments,
  compileFlags,
  compileOptions,
  readArguments,
} from './arguments.js';
import { inFile, readBytes, sayOf, writeOutput } from './files.js';
import { reportPage } from './report_page.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe report MODEL.tflite ... [--html PAGE] [--csv] [--json] [--versus OPTIONS] [--clock MHZ]
                   [--cores 1|2|3|auto] [--trust seen] [--parts all] [--precision NAME] [--numerics RELEASE]

For each op of each model: where it runs and why, multiply-accumulates, KiB in, of weights and out, cycles, time, share of the
model's time, utilisation of the MAC array, and what it goes by: compute, memory, dispatch of tasks, or the host. Then arena,
constants and jobs of each part, and what to change in the model. Times are estimates by a model of the hardware.

  --html PAGE         (-: standard output) one file that opens from disk: graph, timeline, memory, operands and tiles of each op
  --versus OPTIONS    each model once more with other options, beside the first: precision=best,clock=1000
  --csv               ops as comma-separated values
  --clock MHZ, --cores 1|2|3|auto, --busy-cores N, --exchange US, --interrupt-cpu X, --interrupt-cpus N
                      as for ptfe estimate
  --trust seen, --parts all, --precision NAME, --numerics RELEASE
                      as for ptfe check
  --json              the answer as JSON
Exit codes: 0 success; 1 the NPU takes nothing of any model; 2 usage or input error.
`;

/** `precision=best,clock=1000` as the options of the command line that it stands for. */
const versusArguments = ({ values: { versus } }: Arguments): Arguments | null => {
  if (versus === undefined) return null;
  const args = versus.split(',').flatMap((pair) => {
    const [name = '', ...value] = pair.split('=');
    if (name === '' || value.length === 0) throw badUsage('report', `--versus ${versus}: OPTION=VALUE,... is wanted`);
    return [`--${name}=${value.join('=')}`];
  });
  return readArguments('report', args, compileFlags);
};

const taken = {
  ...compileFlags,
  html: { type: 'string' },
  versus: { type: 'string' },
  csv: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const reportCommand: Subcommand = {
  name: 'report',
  summary: 'what of models runs where, and what each op costs; as a page, too',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('report', args, taken);
    const { positionals: models, flags, values } = parsed;
    if (models.length === 0) throw badUsage('report', 'no model given');
    if (flags.has('csv') && flags.has('json')) throw badUsage('report', '--csv or --json, not both');
    const versus = versusArguments(parsed);
    const asked = [parsed, ...(versus === null ? [] : [versus])].map((one) => compileOptions('report', one));
    const reports = models.flatMap((model) => {
      const bytes = readBytes(model);
      return asked.map((options): ModelReport => inFile(model, () => reportModel(bytes, options, model)));
    });
    const { html } = values;
    if (html === stream && (flags.has('json') || flags.has('csv')))
      throw badUsage('report', '--html - and --json or --csv: both are standard output');
    if (html !== undefined) writeOutput(terminal, html, new TextEncoder().encode(reportHtml(reportPage(), reports)));
    if (flags.has('json')) printJson(terminal, { reports });
    else if (flags.has('csv')) terminal.out(reportCsv(reports));
    else if (html === undefined)
      terminal.out(reports.map((report) => reportText(report, terminal.width ?? Infinity)).join('\n'));
    else
      sayOf(
        terminal,
        html,
      )(`${html}: a page with ${reports.length === 1 ? 'the report' : `${reports.length} reports`}\n`);
    return reports.some(({ parts }) => parts.length > 0) ? 0 : 1;
  },
};
