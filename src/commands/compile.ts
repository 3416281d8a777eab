/** `ptfe compile`: a plan for each part of a model that the NPU takes. */
import { basename, extname } from 'node:path';
import { compileTflite, type CompiledModel } from '../compile.js';
import { chips, findChip } from '../hardware/chips.js';
import { readPlan } from '../plan/read.js';
import { badUsage, onePositional, readArguments, partsOption, trustOption } from './arguments.js';
import { inFile, readBytes, writeBytes } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe compile MODEL.tflite [-o PLAN] [--trust seen] [--parts all] [--chip rk3588] [--json]

Compiles what the NPU takes of a model. One part gives one plan; several parts give PLAN.0, PLAN.1 and so on
before the file's extension. Without -o the plan stands in the current folder under the model's name.

  -o, --output PLAN  where the plan goes
  --trust seen       only register words that were seen on silicon or in a shipped driver
  --parts all        also parts that would cost more than they save
  --chip NAME        ${Object.keys(chips).join(', ')}; plans are made for the RK3588 only
  --json             the answer as JSON
Exit codes: 0 a plan was written; 1 the NPU takes nothing of the model; 2 bad input or usage.
`;

const checkChip = (name: string): void => {
  const chip = findChip(name);
  if (chip === undefined)
    throw badUsage('compile', `--chip ${name}: no such chip (known: ${Object.keys(chips).join(', ')})`);
  if (!chip.supported)
    throw badUsage(
      'compile',
      `--chip ${name}: programs are made for the RK3588 only, the ${chip.name}'s are not proven`,
    );
};

/** One part keeps the name; several are numbered before the extension. */
const planNames = (model: string, output: string | undefined, count: number): readonly string[] => {
  const name = output ?? `${basename(model, '.tflite')}.plan`;
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  return Array.from({ length: count }, (_, i) => (count === 1 ? name : `${stem}.${i}${extension}`));
};

interface WrittenPlan {
  readonly file: string;
  readonly bytes: number;
  readonly nodes: readonly number[];
  readonly tasks: number;
  readonly jobs: number;
  /** Inferred facts of the hardware that it rests on. */
  readonly facts: readonly string[];
}

const writePlans = (compiled: CompiledModel, names: readonly string[]): readonly WrittenPlan[] =>
  compiled.parts.map(({ nodes, plan }, i) => {
    const file = names[i] ?? '';
    const { tasks, jobs, ops } = readPlan(plan);
    writeBytes(file, plan);
    const facts = [...new Set(ops.flatMap((op) => op.facts))].sort();
    return { file, bytes: plan.byteLength, nodes, tasks: tasks.length, jobs: jobs.length, facts };
  });

export const compileCommand: Subcommand = {
  name: 'compile',
  summary: 'compile a .tflite model into plans',
  usage,
  run: (args, terminal) => {
    const parsed = readArguments('compile', args, {
      output: { type: 'string', short: 'o' },
      trust: { type: 'string' },
      parts: { type: 'string' },
      chip: { type: 'string' },
      json: { type: 'boolean' },
    });
    const model = onePositional('compile', parsed, 'model');
    const trust = trustOption('compile', parsed);
    const parts = partsOption('compile', parsed);
    checkChip(parsed.values['chip'] ?? 'rk3588');
    const bytes = readBytes(model);
    const compiled = inFile(model, () => compileTflite(bytes, { trust, parts }));
    const plans = writePlans(compiled, planNames(model, parsed.values['output'], compiled.parts.length));
    if (parsed.flags.has('json')) printJson(terminal, { model, trust, plans, refusals: compiled.refusals });
    else {
      for (const { file, bytes: size, nodes, tasks, facts } of plans) {
        const inferred = facts.length === 0 ? 'no inferred fact' : `${facts.length} inferred facts`;
        terminal.out(`${file}: ${size} bytes, ${nodes.length} nodes, ${tasks} tasks, rests on ${inferred}\n`);
      }
      const left = compiled.refusals.length;
      if (plans.length === 0) terminal.out(`${model}: no node for the NPU (ptfe check says why)\n`);
      else if (left > 0) terminal.out(`${left} nodes stay on the CPU (ptfe check says why)\n`);
    }
    return plans.length === 0 ? 1 : 0;
  },
};
