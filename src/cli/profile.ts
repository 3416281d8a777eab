/** `ptfe profile`: a model's parts run on a device, and the measured time of each op beside the estimate. */
import { compileTflite } from '../compile.js';
import { plural } from '../explain/plural.js';
import { tableText, type Column } from '../explain/text_table.js';
import { at } from '../in_range.js';
import { readPlan } from '../plan/read.js';
import { type MeasuredOp, measuredOps, type MeasuredPart } from '../report/measured.js';
import { reportModel } from '../report/model_report.js';
import { opTitle } from '../report/report_text.js';
import { type CommandOptions, badUsage, compileFlags, compileOptions, readArguments } from './arguments.js';
import { inFile, readBytes } from './files.js';
import { type Addon, loadAddon } from './installation.js';
import { noise } from '../noise.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe profile MODEL.tflite [INPUT] [--device auto|npu|software] [--runs N] [--trust seen] [--parts all]
                    [--precision NAME] [--numerics RELEASE] [--clock MHZ] [--json]

Runs the parts of a model, and shows the measured time of each op (the median of the runs) beside its estimate for the NPU.
On the NPU the kernel tells the time of a job, which is shared out by the estimates; the software NPU measures each task, on
this machine. Nodes on the CPU do not run.

  INPUT           the bytes of the model's input, as TFLite has them; noise where it is absent, and for later parts
  --device NAME   auto (default): the NPU where it works, else the software NPU
  --runs N        how often (default 5)
  --clock MHZ, --cores 1|2|3|auto, --busy-cores N, --exchange US, --interrupt-cpu X, --interrupt-cpus N
                  what is estimated, and --cores also what runs (ptfe estimate --help)
  --trust seen, --parts all, --precision NAME, --numerics RELEASE
                  as for ptfe check
  --json          the answer as JSON
Exit codes: 0 success; 1 the NPU takes nothing of the model; 2 usage or input error.
`;

const devices = ['auto', 'npu', 'software'] as const;
const mostRuns = 10_000;

const runsOption = (text: string): number => {
  const runs = Number(text);
  if (!/^\d+$/.test(text) || runs < 1 || runs > mostRuns)
    throw badUsage('profile', `--runs ${text}: a whole number from 1 to ${mostRuns} is wanted`);
  return runs;
};

const deviceOption = (text: string): (typeof devices)[number] => {
  const device = devices.find((one) => one === text);
  if (device === undefined) throw badUsage('profile', `--device ${text}: only ${devices.join(', ')} are known`);
  return device;
};

interface Run {
  readonly device: (typeof devices)[number];
  readonly runs: number;
  /** Bytes for the first input; null: noise. */
  readonly input: { readonly path: string; readonly bytes: Uint8Array } | null;
}

/** @returns with the name of what computed */
const measure = (
  addon: Addon,
  bytes: Uint8Array,
  { device, runs, input }: Run,
): MeasuredPart & { readonly on: string } => {
  const plan = readPlan(bytes);
  const inputs = plan.tensors
    .filter(({ direction }) => direction === 'in')
    .map(({ shape }, i) => {
      const length = shape.reduce((product, dim) => product * dim, 1);
      if (input === null || i > 0) return noise(length, i);
      if (input.bytes.byteLength !== length)
        throw badUsage(
          'profile',
          `${input.path}: ${input.bytes.byteLength} bytes, and the model's input has ${length}`,
        );
      return input.bytes;
    });
  const session = addon.sessionOpen(bytes, { device });
  try {
    const times = Array.from({ length: runs }, () => {
      addon.sessionRun(session, inputs);
      return addon.sessionTimes(session);
    });
    return { plan, runs: times, prepare: at(times, 0).prepare, on: addon.sessionDevice(session) };
  } finally {
    addon.sessionClose(session);
  }
};

const columns: readonly Column[] = [
  { head: 'op', isText: true },
  { head: 'on', isText: true },
  { head: 'MACs', rank: 1 },
  { head: 'tasks', rank: 2 },
  { head: 'estimated us' },
  { head: 'measured us' },
  { head: 'share' },
];

const row = ({ nodes, op, target, macs, tasks, estimated, measured, share }: MeasuredOp): readonly string[] => [
  opTitle({ nodes, op }),
  target === 'host' ? target : target.toUpperCase(),
  macs === 0 ? '' : String(macs),
  tasks === 0 ? '' : String(tasks),
  estimated.toFixed(1),
  measured === null ? '' : measured.toFixed(1),
  share === null ? '' : `${(100 * share).toFixed(1)}%`,
];

const taken = {
  ...compileFlags,
  device: { type: 'string' },
  runs: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const profileCommand: Subcommand = {
  name: 'profile',
  summary: 'run a model, and show the measured time of each op beside its estimate',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('profile', args, taken);
    const [model, path, ...more] = parsed.positionals;
    if (model === undefined) throw badUsage('profile', 'no model given');
    if (more.length > 0) throw badUsage('profile', 'one model and one input');
    const run: Run = {
      device: deviceOption(parsed.values['device'] ?? 'auto'),
      runs: runsOption(parsed.values['runs'] ?? '5'),
      input: path === undefined ? null : { path, bytes: readBytes(path) },
    };
    const options = compileOptions('profile', parsed);
    const bytes = readBytes(model);
    const addon = loadAddon();
    const report = inFile(model, () => reportModel(bytes, options, model));
    const plans = compileTflite(bytes, options).parts.map(({ plan }) => plan);
    if (run.input !== null && plans.length > 0 && report.inputs.length > 1)
      throw badUsage('profile', `${model} has ${report.inputs.length} inputs: INPUT is for models with one`);
    const parts = plans.map((plan, i) => measure(addon, plan, i === 0 ? run : { ...run, input: null }));
    const ops = measuredOps(report, parts);
    const measured = ops.flatMap((op) => op.measured ?? []).reduce((sum, one) => sum + one, 0);
    const [on = 'nothing'] = parts.map((part) => part.on);
    const prepare = parts.reduce((sum, part) => sum + part.prepare, 0) / 1000;
    if (parsed.flags.has('json')) {
      printJson(terminal, {
        model,
        device: on,
        runs: run.runs,
        prepare,
        estimated: report.sum.microseconds,
        measured,
        ops,
      });
      return plans.length > 0 ? 0 : 1;
    }
    if (plans.length === 0) {
      terminal.out(`${model}: no node for the NPU (ptfe check says why)\n`);
      return 1;
    }
    const whole = ['in sum', '', '', '', report.sum.microseconds.toFixed(1), measured.toFixed(1), '100.0%'];
    const lines = tableText({ columns, rows: [...ops.map(row), whole] }, terminal.width ?? Infinity);
    const by = on === 'npu' ? 'the NPU' : 'the software NPU on this machine';
    terminal.out(`${model}: ${plural(run.runs, 'run')} by ${by}\n${lines.join('\n')}\n`);
    terminal.out(`prepared in ${(prepare / 1000).toFixed(1)} ms: plans checked and loaded\n`);
    return 0;
  },
};
