/** `ptfe npu`: what is known of the hardware. `facts`: what no source proves. `registers`: the table of registers. */
import { compileTflite } from '../compile.js';
import { factUsage, type FactUsage, type Usage } from '../explain/fact_usage.js';
import { type Flip, flipFact, type FlipSubject } from '../explain/flip.js';
import type { Fact, Reading, Support } from '../hardware/facts.js';
import { type Field, type Register, registers, sourceOf, tagOf } from '../hardware/registers.js';
import { readPlan } from '../plan/read.js';
import { plural } from '../explain/plural.js';
import { badUsage, type CommandOptions, readArguments, trustOption } from './arguments.js';
import { inFile, readBytes } from './files.js';
import { type Addon, loadAddon } from './installation.js';
import { noise } from '../noise.js';
import { type ExitCode, printJson, type Subcommand, type Terminal } from './subcommand.js';

const usage = `ptfe npu facts [MODEL.tflite ...] [--flip] [--trust seen] [--json]
ptfe npu registers [NAME] [--json]

facts lists the behaviours of the hardware that register lists leave open: what is assumed, what else would be plausible,
and what speaks for each: silicon, Mesa's driver, the vendor's compiler, or nothing. With models it counts the ops, tasks
and values that rest on each: check those first on a board that rest on nothing.
registers lists the registers with their fields, bits, meaning, tag and source; NAME is a part of the name, such as
CNA, CBUF or DPU.OUT_CVT_SCALE.

  --flip        run the models' plans on noise with each fact otherwise: what breaks, and by how many counts
  --trust seen  compile the models with register words that were seen only
  --json        the answer as JSON
Exit codes: 0 success; 1 no register has that name; 2 usage or input error.
`;

const subjectOf = (bytes: Uint8Array, addon: Addon): FlipSubject => {
  const plan = readPlan(bytes);
  const shapes = plan.tensors.filter(({ direction }) => direction === 'in').map(({ shape }) => shape);
  const inputs = shapes.map((shape, i) => noise(shape[0] * shape[1] * shape[2] * shape[3], i));
  return { bytes, plan, inputs, outputs: addon.planRun(bytes, inputs) };
};

const flipText = ({ value, values, differing, largest, refused }: Flip): string => {
  const share = values === 0 ? '' : `${((100 * differing) / values).toFixed(3)} % of the outputs differ`;
  const broken =
    differing === 0 && values > 0
      ? 'nothing changes'
      : `${share}${largest > 0 ? `, by up to ${plural(largest, 'count')}` : ''}`;
  const plans =
    refused === 0 ? '' : `${values === 0 ? '' : '; '}${refused === 1 ? '1 plan is' : `${refused} plans are`} refused`;
  return `  if ${value}: ${broken}${plans}`;
};

interface Described extends FactUsage {
  readonly flips?: readonly Flip[];
}

const supportTexts: Readonly<Record<Support, string>> = {
  silicon: 'silicon',
  mesa: "Mesa's driver",
  vendor: "the vendor's compiler",
  none: 'nothing',
};

const readingLine = ({ value, by, source }: Reading): string =>
  `  ${value}: ${supportTexts[by]} speaks for it; ${source}`;

const factText = (fact: Described, counted: boolean): string => {
  const { name, text, readings, ties, checked, tag, source, ops, tasks, valueCount, flips } = fact;
  const [assumed, ...others] = readings;
  const kind = ties ? ', ties alone: one count each' : checked ? ', checked: decides no value' : '';
  const used = counted
    ? [
        `  rests on it: ${plural(tasks, 'task')} of ${plural(ops, 'op')}, ${plural(valueCount, 'value')}`,
        ...(flips ?? []).map(flipText),
      ]
    : [];
  return [
    `${name} (${tag}${kind})`,
    `  ${text}`,
    `  assumed: ${assumed.value}, for which ${supportTexts[assumed.by]} speaks`,
    `  source: ${source}`,
    ...others.map(readingLine),
    ...used,
    '',
  ].join('\n');
};

const totalText = (models: number, { tasks, certain, valueCount, weakest }: Usage): string =>
  `${plural(models, 'model')}: ${plural(tasks, 'task')}, ${certain} of them ${certain === 1 ? 'rests' : 'rest'} on no inferred fact; ${plural(valueCount, 'value')}. By the weakest fact ` +
  `that a task rests on: ${weakest.silicon} silicon or none needed, ${weakest.mesa} Mesa's driver, ` +
  `${weakest.vendor} the vendor's compiler, ${weakest.ties} roundings of ties, ${weakest.none} nothing\n`;

const taken = {
  json: { type: 'boolean' },
  flip: { type: 'boolean' },
  trust: { type: 'string' },
} as const satisfies CommandOptions;

const withFlips = (all: readonly FactUsage[], plans: readonly Uint8Array[]): readonly Described[] => {
  const addon = loadAddon();
  const subjects = plans.map((plan) => subjectOf(plan, addon));
  return all.map((fact) => ({
    ...fact,
    flips: flipFact(fact, subjects, (plan, inputs, facts) => addon.planRun(plan, inputs, { facts })),
  }));
};

const listFacts = (args: readonly string[], terminal: Terminal): ExitCode => {
  const parsed = readArguments('npu', args, taken);
  const trust = trustOption('npu', parsed);
  const models = parsed.positionals;
  const plans = models.flatMap((model) => {
    const bytes = readBytes(model);
    return inFile(model, () => compileTflite(bytes, { trust })).parts.map(({ plan }) => plan);
  });
  const used = factUsage(plans.map(readPlan));
  const counted = models.length > 0;
  const flipped = parsed.flags.has('flip');
  if (flipped && !counted) throw badUsage('npu', 'facts --flip wants models to run');
  const found = { ...used, facts: flipped ? withFlips(used.facts, plans) : used.facts };
  if (parsed.flags.has('json')) {
    printJson(terminal, counted ? { models, trust, ...found } : { facts: found.facts.map(withoutCounts) });
    return 0;
  }
  const ordered = counted ? found.facts.toSorted((a, b) => b.tasks - a.tasks) : found.facts;
  for (const fact of ordered) terminal.out(`${factText(fact, counted)}\n`);
  if (counted) terminal.out(totalText(models.length, used));
  return 0;
};

const withoutCounts = ({ name, text, readings, ties, checked, values, tag, source }: FactUsage): Fact => ({
  name,
  text,
  readings,
  ties,
  checked,
  values,
  tag,
  source,
});

const bits = ({ msb, lsb }: Field): string => (msb === lsb ? `[${lsb}]` : `[${msb}:${lsb}]`);

const registerText = (register: Register): string => {
  const { block, name, offset, tag, ancestor, note, source } = register;
  const nvdla = ancestor === undefined ? '' : `, NVDLA ${ancestor}`;
  return [
    `${block}.${name} 0x${offset.toString(16).padStart(4, '0')} (${tag}${nvdla})`,
    ...(note === undefined ? [] : [`  ${note}`]),
    ...register.fields.map((field) =>
      `  ${bits(field).padEnd(8)} ${field.name.padEnd(28)} ${tagOf(register, field).padEnd(8)} ${field.note ?? ''}`.trimEnd(),
    ),
    `  source: ${source}`,
    '',
  ].join('\n');
};

const fullRegister = (register: Register): unknown => ({
  ...register,
  fields: register.fields.map((field) => ({
    ...field,
    tag: tagOf(register, field),
    source: sourceOf(register, field),
  })),
});

const listRegisters = (args: readonly string[], terminal: Terminal): ExitCode => {
  const { flags, positionals } = readArguments('npu', args, { json: { type: 'boolean' } });
  const [part = '', ...more] = positionals;
  if (more.length > 0) throw badUsage('npu', 'registers takes one name');
  const found = registers.filter(({ block, name }) => `${block}.${name}`.toUpperCase().includes(part.toUpperCase()));
  if (flags.has('json')) printJson(terminal, { registers: found.map(fullRegister) });
  else if (found.length === 0) terminal.out(`no register's name contains "${part}"\n`);
  else terminal.out(`${found.map(registerText).join('\n')}`);
  return found.length === 0 ? 1 : 0;
};

export const npuCommand: Subcommand = {
  name: 'npu',
  summary: 'what is known of the hardware, and what is only inferred',
  usage,
  options: taken,
  topics: ['facts', 'registers'],
  run: ([topic, ...args], terminal) => {
    if (topic === 'facts') return listFacts(args, terminal);
    if (topic === 'registers') return listRegisters(args, terminal);
    throw badUsage('npu', topic === undefined ? 'facts or registers?' : `no topic "${topic}": facts or registers`);
  },
};
