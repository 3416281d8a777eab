/** `ptfe stream run`: a recorded job stream of Mesa's driver on the software NPU, layer by layer against TFLite's kernels. */
import { PtfeError } from '../error.js';
import { type DefectName, defects, findDefect } from '../lab/mesa/defects.js';
import { type LayerReport, runStream, type StreamReport } from '../lab/mesa/run.js';
import type { Comparison } from '../lab/mesa/bound.js';
import { readRecording, type Recording } from '../lab/stream/recording.js';
import { type CommandOptions, badUsage, onePositional, readArguments } from './arguments.js';
import { inFile, parseJson, readModel, readUnpacked } from './files.js';
import { loadNpu } from './native.js';
import { type ExitCode, printJson, type Subcommand, type Terminal } from './subcommand.js';

const usage = `ptfe stream run STREAM [--model MODEL.tflite] [--patch NAME[,NAME]] [--json]
ptfe stream patches [--json]

Executes every task of a job stream that was recorded from Mesa's driver (NAME, NAME.json or NAME.json.gz with
NAME.bos.gz beside it) on the software NPU, with buffers placed as the kernel places them. With the stream's model each
layer is compared with TFLite's reference kernels: on what the layer before left in memory (memory), and on the
reference's own input (own). A layer may differ where the bound from Mesa's formulas lets it; a layer outside of it is
tried with one known defect of Mesa set right at a time.
Columns: equal share and largest difference on both inputs; bound: the largest difference that Mesa's formulas allow;
may differ: values that lie near enough to the next one for them; 2 roundings: values that one exact rounding would give
otherwise than TFLite's two, about half of 2^-(e+1) to all of it, which no driver can help.

  --model MODEL  the .tflite file that the stream was recorded with
  --patch NAME   emit the layers anew with a defect set right; ptfe stream patches lists them
  --json         the answer as JSON
Exit codes: 0 every layer is within its bound or its defect is named; 1 one is not; 2 usage or input error.
`;

const bosPath = (path: string): string => path.replace(/(\.json)?(\.gz)?$/, '.bos.gz');
const jsonPath = (path: string): string => (/\.json(\.gz)?$/.test(path) ? path : `${path}.json.gz`);

const readStream = (path: string): Recording => {
  const [json, blob] = [readUnpacked(jsonPath(path)), readUnpacked(bosPath(path))];
  return inFile(jsonPath(path), () => readRecording(parseJson(json), blob));
};

const patchesOf = (text: string | undefined): ReadonlySet<DefectName> => {
  const names = (text ?? '').split(',').filter((name) => name !== '');
  return new Set(
    names.map((name) => {
      const defect = findDefect(name);
      if (defect !== undefined) return defect.name;
      throw badUsage('stream', `--patch ${name}: known are ${defects.map((one) => one.name).join(', ')}`);
    }),
  );
};

const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(3)} %`;

const comparisonText = (comparison: Comparison | null): string =>
  comparison === null
    ? 'not compared'.padEnd(20)
    : `${share(comparison.values - comparison.different, comparison.values).padStart(10)} max ${String(comparison.largest).padEnd(4)}`.padEnd(
        20,
      );

const verdictOf = ({ within, defect, memory }: LayerReport): string => {
  if (within) return 'within';
  if (defect !== null) return `defect ${defect}`;
  return memory === null ? 'NOT COMPARED' : 'OUTSIDE, NOT EXPLAINED';
};

const explained = ({ within, defect }: LayerReport): boolean => within || defect !== null;

const maybeShare = (part: number | null | undefined, whole: number | undefined): string =>
  (part == null || whole === undefined ? '' : share(part, whole)).padStart(9);

const layerLine = (layer: LayerReport): string => {
  const { node, op, tasks, memory, own, bound } = layer;
  const some = own ?? memory;
  return [
    `#${String(node).padEnd(3)} ${op.padEnd(18)}`,
    String(tasks).padStart(3),
    String(some === null ? 0 : some.values).padStart(8),
    comparisonText(memory),
    comparisonText(own),
    `max ${bound?.counts ?? '?'}`.padEnd(6),
    maybeShare(some?.mayDiffer, some?.values),
    maybeShare(some?.doubleRounding, some?.values),
    maybeShare(bound?.grid, 1),
    ` ${verdictOf(layer)}`,
  ].join(' ');
};

interface Sums {
  readonly layers: number;
  readonly values: number;
  readonly equal: number;
  readonly largest: number;
}

const sumsOf = (comparisons: readonly (Comparison | null)[]): Sums =>
  comparisons.reduce<Sums>(
    (sum, one) =>
      one === null
        ? sum
        : {
            layers: sum.layers + 1,
            values: sum.values + one.values,
            equal: sum.equal + one.values - one.different,
            largest: Math.max(sum.largest, one.largest),
          },
    { layers: 0, values: 0, equal: 0, largest: 0 },
  );

const sumLine = (title: string, { layers, values, equal, largest }: Sums): string =>
  `${title}: ${layers} layers, ${values} values, ${share(equal, values)} equal, largest difference ${largest}`;

const printReport = (
  terminal: Terminal,
  report: StreamReport,
  patches: ReadonlySet<DefectName>,
  compared: boolean,
): void => {
  const { executed, tasks, jobs, submits, facts, layers } = report;
  const changed = Object.entries(facts).map(([name, value]) => `, with ${name}=${value}`);
  terminal.out(`${executed} of ${tasks} tasks executed, ${jobs} jobs in ${submits} submits${changed.join('')}\n`);
  if (layers.length === 0) {
    if (report.unknown > 0 && compared) terminal.out('no layer of the model is in the stream: is it another model?\n');
    return;
  }
  const { length: patched } = layers.filter(({ changedWords }) => changedWords > 0);
  const words = layers.reduce((sum, { changedWords }) => sum + changedWords, 0);
  if (patches.size > 0)
    terminal.out(
      `patched ${[...patches].join(', ')}: ${words} command words in ${patched} layers are not as recorded\n`,
    );
  terminal.out(
    'node and op              tasks   values memory: equal        own input: equal     bound  may differ  2 roundings  2^-(e+1)\n',
  );
  for (const layer of layers) terminal.out(`${layerLine(layer)}\n`);
  terminal.out(`${sumLine('memory', sumsOf(layers.map(({ memory }) => memory)))}\n`);
  terminal.out(`${sumLine('own input', sumsOf(layers.map(({ own }) => own)))}\n`);
  const named = [...new Set(layers.flatMap(({ defect }) => defect ?? []))];
  for (const name of named) {
    const text = findDefect(name)?.text ?? '';
    const which = layers.filter(({ defect }) => defect === name);
    terminal.out(`defect ${name} (${which.length} layers, each within its bound with it set right): ${text}\n`);
  }
  for (const { node, refusal } of layers)
    if (refusal !== null) terminal.out(`#${node} as it stands is refused: ${refusal}\n`);
  if (report.unknown > 0) terminal.out(`${report.unknown} operations of the stream belong to no node of the model\n`);
  const { length: open } = layers.filter((layer) => !explained(layer));
  const { length: within } = layers.filter((layer) => layer.within);
  terminal.out(
    `${within} of ${layers.length} layers within their bound, ${layers.length - within - open} explained by a defect, ${open} open\n`,
  );
};

const listPatches = (args: readonly string[], terminal: Terminal): ExitCode => {
  const { flags, positionals } = readArguments('stream', args, { json: { type: 'boolean' } });
  if (positionals.length > 0) throw badUsage('stream', 'patches takes no file');
  if (flags.has('json')) printJson(terminal, { patches: defects });
  else
    for (const { name, text, patch, source } of defects)
      terminal.out(`${name.padEnd(4)} ${text}\n     patch: ${patch}\n     source: ${source}\n`);
  return 0;
};

const taken = {
  model: { type: 'string' },
  patch: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

const run = (args: readonly string[], terminal: Terminal): ExitCode => {
  const parsed = readArguments('stream', args, taken);
  const path = onePositional('stream', parsed, 'stream');
  const patches = patchesOf(parsed.values['patch']);
  const model = parsed.values['model'];
  if (model === undefined && patches.size > 0)
    throw badUsage('stream', '--patch needs --model: layers are emitted anew from it');
  const recording = readStream(path);
  const graph = model === undefined ? null : readModel(model).graph;
  const npu = loadNpu();
  let report: StreamReport;
  try {
    report = runStream(npu, recording, graph, patches);
  } catch (error) {
    if (error instanceof PtfeError) throw error;
    throw new PtfeError('bad-stream', path, error instanceof Error ? error.message : String(error));
  }
  if (parsed.flags.has('json'))
    printJson(terminal, { stream: path, model: model ?? null, patches: [...patches], ...report });
  else printReport(terminal, report, patches, graph !== null);
  if (graph === null) return 0;
  return report.unknown === 0 && report.layers.every(explained) ? 0 : 1;
};

export const streamCommand: Subcommand = {
  name: 'stream',
  summary: "run a recorded job stream and compare it with TFLite's kernels",
  usage,
  options: taken,
  topics: ['run', 'patches'],
  run: ([topic, ...args], terminal) => {
    if (topic === 'run') return run(args, terminal);
    if (topic === 'patches') return listPatches(args, terminal);
    throw badUsage('stream', topic === undefined ? 'run or patches?' : `no topic "${topic}": run or patches`);
  },
};
