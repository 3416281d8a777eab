/** `ptfe check`: what runs where, node by node, and which rule keeps a node on the CPU. */
import { type CheckedGraph, checkedModel, type CheckedNode } from '../explain/check_model.js';
import { compileFlags, compileOptions, onePositional, readArguments } from './arguments.js';
import { inFile, readBytes, tellBugs } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe check MODEL.tflite [--trust seen] [--parts all] [--precision fastest|fast|best] [--numerics RELEASE] [--json]

Says for every node whether it runs on the NPU, on the host inside a part, or on the CPU, by which rule, and what to change
in the model for that. Graphs that the model's own ops call, or that belong to further signatures, follow the first one.

  --trust seen      only register words that were seen on silicon or in a shipped driver
  --parts all       also parts that would cost more than they save
  --precision NAME  fastest: every ADD in a convolution; best: as near to TFLite as the hardware comes
  --numerics RELEASE
                    whose TFLite's numbers: tflite-2.14, litert-2.3, litert-2.4 (default auto: the newest)
  --json            the answer as JSON
Exit codes: 0 the NPU takes nodes of the model; 1 it takes none; 2 usage or input error.
`;

const nodeLine = ({ node, op, target, rule, text }: CheckedNode, opColumn: number): string => {
  const start = `  #${String(node).padEnd(4)} ${op.padEnd(opColumn)} ${target === 'host' ? target : target.toUpperCase()}`;
  return rule === null ? start : `${start}  ${rule}: ${text ?? ''}`;
};

/** Each advice once, with the nodes that it is for. */
const adviceLines = (nodes: readonly CheckedNode[]): readonly string[] => {
  const numbers = new Map<string, number[]>();
  for (const { node, advice } of nodes) {
    if (advice !== null) numbers.set(advice, [...(numbers.get(advice) ?? []), node]);
  }
  return [...numbers].map(([advice, of]) => `  ${of.map((node) => `#${node}`).join(' ')}: ${advice}`);
};

const graphText = ({ nodes, npu, host, parts }: CheckedGraph, name: string): string => {
  const opColumn = nodes.reduce((most, { op }) => Math.max(most, op.length), 0);
  const beside = host === 0 ? '' : ` and ${host} on the host`;
  const [advice, count] = [adviceLines(nodes), parts === 1 ? '1 part' : `${parts} parts`];
  const lines = [
    `${name}: ${npu} of ${nodes.length} nodes on the NPU${beside}, in ${count}`,
    ...nodes.map((node) => nodeLine(node, opColumn)),
    ...(advice.length === 0 ? [] : ['What to change in the model:', ...advice]),
  ];
  return `${lines.join('\n')}\n`;
};

export const checkCommand: Subcommand = {
  name: 'check',
  summary: 'what of a model runs on the NPU, and why the rest does not',
  usage,
  run: (args, terminal) => {
    const parsed = readArguments('check', args, {
      ...compileFlags,
      json: { type: 'boolean' },
    });
    const model = onePositional('check', parsed, 'model');
    const options = compileOptions('check', parsed);
    const bytes = readBytes(model);
    const [main, ...others] = inFile(model, () => checkedModel(bytes, options));
    if (parsed.flags.has('json')) printJson(terminal, { model, trust: options.trust, ...main, subgraphs: others });
    else {
      terminal.out(graphText(main, model));
      for (const other of others) terminal.out(graphText(other, `graph ${other.subgraph} of the model`));
    }
    const refusals = [main, ...others].flatMap(({ nodes }) =>
      nodes.flatMap(({ node, rule, text }) => (rule === null ? [] : [{ node, rule, text: text ?? '' }])),
    );
    if (tellBugs('check', refusals, terminal)) return 2;
    return [main, ...others].some(({ npu }) => npu > 0) ? 0 : 1;
  },
};
