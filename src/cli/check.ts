/** `ptfe check`: what runs where, node by node, and which rule keeps a node on the CPU. */
import type { Target } from '../partition/judge.js';
import { plural } from '../explain/plural.js';
import { hanging } from '../explain/text_table.js';
import { type CheckedGraph, checkedModel, type CheckedNode } from '../explain/check_model.js';
import { type CommandOptions, compileFlags, compileOptions, badUsage, readArguments } from './arguments.js';
import { inFile, readBytes, tellBugs } from './files.js';
import { painted, printJson, type Subcommand, type Terminal, type Tone } from './subcommand.js';

const usage = `ptfe check MODEL.tflite ... [--trust seen] [--parts all] [--precision fastest|fast|best] [--numerics RELEASE] [--json]

Says for every node whether it runs on the NPU, on the host inside a part, or on the CPU, by which rule, and what to change
in the model for that. Graphs that the model's own ops call, or that belong to further signatures, follow the first one.

  --trust seen      only register words that were seen on silicon or in a shipped driver
  --parts all       also parts that would cost more than they save
  --precision NAME  fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes
  --numerics RELEASE
                    whose TFLite's numbers: tflite-2.14, litert-2.3, litert-2.4 (default auto: the newest)
  --clock MHZ, --cores 1|2|3|auto, --busy-cores N, --exchange US, --interrupt-cpu X, --interrupt-cpus N
                    what estimates are for, by which parts are taken (ptfe estimate --help)
  --json            the answer as JSON
Exit codes: 0 the NPU takes nodes of the model; 1 it takes none; 2 usage or input error.
`;

const tones = { npu: 'good', host: 'fair', cpu: 'bad' } as const satisfies Readonly<Record<Target, Tone>>;

const nodeLines = (
  terminal: Terminal,
  { node, op, target, rule, text }: CheckedNode,
  opColumn: number,
): readonly string[] => {
  const word = target === 'host' ? target : target.toUpperCase();
  const name = `  #${String(node).padEnd(4)} ${op.padEnd(opColumn)} `;
  const [first = '', ...more] =
    rule === null
      ? [`${name}${word}`]
      : hanging(`${name}${word}  `, `${rule}: ${text ?? ''}`, terminal.width ?? Infinity);
  return [first.replace(name + word, name + painted(terminal, tones[target], word)), ...more];
};

/** Each advice once, with the nodes that it is for. */
const adviceLines = (terminal: Terminal, nodes: readonly CheckedNode[]): readonly string[] => {
  const numbers = new Map<string, number[]>();
  for (const { node, advice } of nodes) {
    if (advice !== null) numbers.set(advice, [...(numbers.get(advice) ?? []), node]);
  }
  return [...numbers].flatMap(([advice, of]) =>
    hanging(`  ${of.map((node) => `#${node}`).join(' ')}: `, advice, terminal.width ?? Infinity),
  );
};

const graphText = (terminal: Terminal, { nodes, npu, host, parts }: CheckedGraph, name: string): string => {
  const opColumn = nodes.reduce((most, { op }) => Math.max(most, op.length), 0);
  const beside = host === 0 ? '' : ` and ${host} on the host`;
  const [advice, count] = [adviceLines(terminal, nodes), plural(parts, 'part')];
  const lines = [
    `${name}: ${npu} of ${plural(nodes.length, 'node')} on the NPU${beside}, in ${count}`,
    ...nodes.flatMap((node) => nodeLines(terminal, node, opColumn)),
    ...(advice.length === 0 ? [] : ['What to change in the model:', ...advice]),
  ];
  return `${lines.join('\n')}\n`;
};

const taken = {
  ...compileFlags,
  json: { type: 'boolean' },
} as const satisfies CommandOptions;

export const checkCommand: Subcommand = {
  name: 'check',
  summary: 'what of a model runs on the NPU, and why the rest does not',
  usage,
  options: taken,
  run: (args, terminal) => {
    const parsed = readArguments('check', args, taken);
    const { positionals: models } = parsed;
    if (models.length === 0) throw badUsage('check', 'no model given');
    const options = compileOptions('check', parsed);
    const checked = models.map((model) => {
      const bytes = readBytes(model);
      const [main, ...others] = inFile(model, () => checkedModel(bytes, options));
      return { model, main, others };
    });
    if (parsed.flags.has('json')) {
      const all = checked.map(({ model, main, others }) => ({
        model,
        trust: options.trust,
        ...main,
        subgraphs: others,
      }));
      printJson(terminal, all.length === 1 ? all[0] : all);
    } else {
      for (const { model, main, others } of checked) {
        terminal.out(graphText(terminal, main, model));
        for (const other of others) terminal.out(graphText(terminal, other, `graph ${other.subgraph} of the model`));
      }
    }
    const graphs = checked.flatMap(({ main, others }) => [main, ...others]);
    const refusals = graphs.flatMap(({ nodes }) =>
      nodes.flatMap(({ node, rule, text }) => (rule === null ? [] : [{ node, rule, text: text ?? '' }])),
    );
    if (tellBugs('check', refusals, terminal)) return 2;
    return graphs.some(({ npu }) => npu > 0) ? 0 : 1;
  },
};
