/** `ptfe compile`: the plans of what the NPU takes of a model, in one file. */
import { basename } from 'node:path';
import { compileTflite, type CompiledModel } from '../compile.js';
import { type Chip, chips, optionName, otherChips, rk3588 } from '../hardware/chips.js';
import { litertModel } from '../explain/litert_model.js';
import { subgraphCount } from '../tflite/reader.js';
import { readPlan } from '../plan/read.js';
import {
  type CommandOptions,
  stream,
  compileFlags,
  compileOptions,
  badUsage,
  onePositional,
  outputOption,
  readArguments,
} from './arguments.js';
import { plural } from '../explain/plural.js';
import { inFile, readModel, sayOf, tellBugs, writeOutput } from './files.js';
import { planFile } from './plan_file.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe compile MODEL.tflite [-o PLAN] [--trust seen] [--parts all] [--precision fastest|fast|best] [--numerics RELEASE] [--cores 1|2|3|auto] [--chip NAME] [--litert] [--json]

Compiles what the NPU takes of a model into one plan file, for machines without Node: the delegate runs it with its option
plan=PLAN, and C programs run it with ptfe_plan and ptfe_open (delegate/include/ptfe.h).

  -o, --output PLAN  where it goes; default: the model's name with .plan, in the current folder; -: standard output
  --trust seen       only register words that were seen on silicon or in a shipped driver
  --precision NAME   fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes
  --numerics RELEASE whose TFLite's numbers: tflite-2.14, litert-2.3, litert-2.4 (default auto: the newest, as there is no
                     host to ask)
  --parts all        also parts that would cost more than they save
  --cores N          on how many cores of the NPU one inference runs (default 1); auto: where that is expected to be quicker
  --chip NAME        what plans are made for: ${chips.map(({ name }) => optionName(name)).join(', ')}
  --litert           a model in place of a plan, for LiteRT's CompiledModel (docs/litert.md): what the NPU takes is in it compiled,
                     the rest as it was; default: the model's name with _npu.tflite
  --clock MHZ, --busy-cores N, --exchange US, --interrupt-cpu X, --interrupt-cpus N
                     what estimates are for, by which parts are taken (ptfe estimate --help)
  --json             the answer as JSON
Exit codes: 0 a plan was written; 1 the NPU takes nothing of the model; 2 usage or input error.
`;

const chipOption = (name: string): Chip => {
  const chip = chips.find((one) => optionName(one.name) === name.toLowerCase());
  if (chip !== undefined) return chip;
  const made = chips.map((one) => one.name);
  const other = otherChips.find((one) => optionName(one) === name.toLowerCase());
  throw badUsage(
    'compile',
    other === undefined
      ? `--chip ${name}: no such chip (known: ${[...made, ...otherChips].map(optionName).join(', ')})`
      : `--chip ${name}: programs are made for the ${made.join(', ')} only, the ${other}'s are not proven`,
  );
};

interface PartSummary {
  readonly nodes: readonly number[];
  readonly tasks: number;
  readonly jobs: number;
  /** Inferred facts of the hardware that it rests on. */
  readonly facts: readonly string[];
}

const summaryOf = ({ nodes, plan }: CompiledModel['parts'][number]): PartSummary => {
  const { tasks, jobs, ops } = readPlan(plan);
  return { nodes, tasks: tasks.length, jobs: jobs.length, facts: [...new Set(ops.flatMap((op) => op.facts))].sort() };
};

const partLine = ({ nodes, tasks, facts }: PartSummary, i: number): string => {
  const inferred = facts.length === 0 ? 'no inferred fact' : plural(facts.length, 'inferred fact');
  return `  part ${i}: ${plural(nodes.length, 'node')}, ${plural(tasks, 'task')}, rests on ${inferred}\n`;
};

const taken = {
  output: { type: 'string', short: 'o' },
  ...compileFlags,
  chip: { type: 'string' },
  litert: { type: 'boolean' },
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const compileCommand: Subcommand = {
  name: 'compile',
  summary: 'compile a .tflite model into plans',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('compile', args, taken);
    const model = onePositional('compile', parsed, 'model');
    const options = compileOptions('compile', parsed);
    const litert = parsed.flags.has('litert');
    const { trust, numerics } = options;
    const chip = chipOption(parsed.values['chip'] ?? optionName(rk3588.name));
    const { bytes, graph } = readModel(model);
    const compiled = inFile(model, () => compileTflite(bytes, { ...options, chip }));
    const summaries = compiled.parts.map(summaryOf);
    if (model === stream && parsed.values['output'] === undefined)
      throw badUsage('compile', "a model from standard input has no name to make the plan's of (-o PLAN)");
    const file =
      summaries.length === 0
        ? null
        : (outputOption('compile', parsed) ?? `${basename(model, '.tflite')}${litert ? '_npu.tflite' : '.plan'}`);
    const plans = file === null ? new Uint8Array() : planFile(graph, compiled);
    const contents = file === null || !litert ? plans : inFile(model, () => litertModel(bytes, compiled, plans));
    if (file !== null) writeOutput(terminal, file, contents);
    const say = sayOf(terminal, file);
    const { refusals } = compiled;
    if (parsed.flags.has('json'))
      printJson(terminal, { model, trust, numerics, file, bytes: contents.byteLength, parts: summaries, refusals });
    else if (file === null) say(`${model}: no node for the NPU (ptfe check says why)\n`);
    else {
      say(
        `${file}: ${contents.byteLength} bytes\n${summaries.map(partLine).join('')}  with the numbers of ${numerics} (--numerics)\n`,
      );
      const others = subgraphCount(bytes) - 1;
      if (others > 0) say(`other graphs of the model, which are not in it and stay on the CPU: ${others}\n`);
      if (refusals.length > 0)
        say(
          `${refusals.length === 1 ? '1 node stays' : `${refusals.length} nodes stay`} on the CPU (ptfe check says why)\n`,
        );
    }
    if (tellBugs('compile', compiled.refusals, terminal)) return 2;
    return file === null ? 1 : 0;
  },
};
