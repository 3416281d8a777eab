/** `ptfe check`: what runs where, node by node, and which rule keeps a node on the CPU. */
import { type CompiledModel, compileTflite } from '../compile.js';
import type { Target } from '../partition/check.js';
import { onePositional, readArguments, partsOption, precisionOption, trustOption } from './arguments.js';
import { inFile, readModel } from './files.js';
import { printJson, type Subcommand } from './subcommand.js';

const usage = `ptfe check MODEL.tflite [--trust seen] [--parts all] [--precision best] [--json]

Says for every node whether it runs on the NPU, on the host inside a part, or on the CPU, by which rule, and what to change
in the model for that.

  --trust seen      only register words that were seen on silicon or in a shipped driver
  --parts all       also parts that would cost more than they save
  --precision best  as near to TFLite as the hardware comes, with more tasks
  --json            the answer as JSON
Exit codes: 0 the NPU takes nodes of the model; 1 it takes none; 2 bad input or usage.
`;

interface CheckedNode {
  readonly node: number;
  readonly op: string;
  readonly target: Target;
  /** Position of the part that it is compiled into. */
  readonly part: number | null;
  readonly rule: string | null;
  readonly text: string | null;
  /** What to change in the model. */
  readonly advice: string | null;
}

const checkedNode = (compiled: CompiledModel, node: number, op: string): CheckedNode => {
  const refusal = compiled.refusals.find((one) => one.node === node);
  if (refusal !== undefined) {
    const { rule, text, advice = null } = refusal;
    return { node, op, target: 'cpu', part: null, rule, text, advice };
  }
  const part = compiled.parts.findIndex(({ nodes }) => nodes.includes(node));
  const because = compiled.hosted.find((one) => one.node === node);
  if (because === undefined) return { node, op, target: 'npu', part, rule: null, text: null, advice: null };
  const { rule, text, advice = null } = because;
  return { node, op, target: 'host', part, rule, text, advice };
};

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

export const checkCommand: Subcommand = {
  name: 'check',
  summary: 'what of a model runs on the NPU, and why the rest does not',
  usage,
  run: (args, terminal) => {
    const parsed = readArguments('check', args, {
      trust: { type: 'string' },
      parts: { type: 'string' },
      precision: { type: 'string' },
      json: { type: 'boolean' },
    });
    const model = onePositional('check', parsed, 'model');
    const trust = trustOption('check', parsed);
    const parts = partsOption('check', parsed);
    const precision = precisionOption('check', parsed);
    const { bytes, graph } = readModel(model);
    const compiled = inFile(model, () => compileTflite(bytes, { trust, parts, precision }));
    const nodes = graph.nodes.map(({ index, op }) => checkedNode(compiled, index, op));
    const count = (wanted: Target): number => nodes.filter(({ target }) => target === wanted).length;
    const [taken, host, cpu] = [count('npu'), count('host'), count('cpu')];
    if (parsed.flags.has('json'))
      printJson(terminal, { model, trust, nodes, npu: taken, host, cpu, parts: compiled.parts.length });
    else {
      const opColumn = Math.max(...nodes.map(({ op }) => op.length), 0);
      const parts = compiled.parts.length === 1 ? '1 part' : `${compiled.parts.length} parts`;
      const beside = host === 0 ? '' : ` and ${host} on the host`;
      terminal.out(`${model}: ${taken} of ${nodes.length} nodes on the NPU${beside}, in ${parts}\n`);
      for (const node of nodes) terminal.out(`${nodeLine(node, opColumn)}\n`);
      const advice = adviceLines(nodes);
      if (advice.length > 0) terminal.out(`What to change in the model:\n${advice.join('\n')}\n`);
    }
    return taken > 0 ? 0 : 1;
  },
};
