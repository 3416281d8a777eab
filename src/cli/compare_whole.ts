/** `ptfe compare --whole`: what it prints. */
import type { CompileOptions, Watched } from '../compile.js';
import { compareWhole, type WholeTensor } from '../explain/compare_whole.js';
import type { Graph } from '../graph/graph.js';
import type { Addon } from './installation.js';
import { type ExitCode, printJson, type Terminal } from './subcommand.js';

type Compared = Extract<WholeTensor, { readonly bound: number }>;
const isCompared = (tensor: WholeTensor): tensor is Compared => 'bound' in tensor;

const percent = (part: number, whole: number): string => `${(whole === 0 ? 100 : (100 * part) / whole).toFixed(4)} %`;

const isWrong = (limit: number, { largest, bound, alone, overwritten }: Compared): boolean =>
  overwritten || largest > limit * bound || (alone !== null && alone > limit);

const lineOf = (limit: number, tensor: WholeTensor): string => {
  const name = `  #${String(tensor.node).padEnd(4)} ${tensor.op.padEnd(24)} tensor ${String(tensor.tensor).padEnd(4)}`;
  if (!isCompared(tensor))
    return `${name} ${tensor.part === null ? '' : `part ${tensor.part} `}not compared: ${tensor.left}`;
  const { values, differing, largest, bound, alone, overwritten, part } = tensor;
  return (
    `${name} part ${part} ${percent(values - differing, values).padStart(10)} equal of ${String(values).padStart(8)}` +
    (largest > 0 ? `, up to ${largest} of ${limit * bound}` : '') +
    (alone === null || alone === 0 ? '' : `, ${alone} from the node by itself`) +
    (overwritten ? ', written over before its last reader' : '') +
    (isWrong(limit, tensor) ? '  <- wrong' : '')
  );
};

export interface WholeQuestion {
  readonly model: string;
  readonly bytes: Uint8Array;
  readonly graph: Graph;
  readonly options: CompileOptions;
  readonly keepAll: boolean;
  /** Counts an op. */
  readonly limit: number;
  /** Per cent of the values that may differ, over all tensors; null: any. */
  readonly share: number | null;
  readonly json: boolean;
  readonly runtime: string;
  readonly tensors: ReadonlyMap<number, Uint8Array>;
}

/** Exit code 1: something is beyond the bound. */
export const answerWhole = (terminal: Terminal, addon: Addon, question: WholeQuestion): ExitCode => {
  const { model, bytes, graph, options, keepAll, limit, share, runtime, tensors } = question;
  const watched: Watched = keepAll ? 'apart' : 'real';
  const all = compareWhole(bytes, {
    graph,
    options,
    watched,
    expected: tensors,
    run: (plan, inputs, reads) => addon.planRun(plan, inputs, { reads }),
  });
  const compared = all.filter(isCompared);
  const values = compared.reduce((sum, one) => sum + one.values, 0);
  const differing = compared.reduce((sum, one) => sum + one.differing, 0);
  const largest = Math.max(0, ...compared.map((one) => one.largest));
  const wrong = compared.filter((one) => isWrong(limit, one));
  const good = wrong.length === 0 && (share === null || 100 * differing <= share * values);
  if (question.json) {
    printJson(terminal, {
      model,
      runtime,
      good,
      watched,
      values,
      differing,
      largest,
      wrong: wrong.map(({ tensor }) => tensor),
      tensors: all,
    });
    return good ? 0 : 1;
  }
  terminal.out(`${model}, whole parts, against ${runtime}'s reference kernels\n`);
  for (const tensor of all) terminal.out(`${lineOf(limit, tensor)}\n`);
  const [first] = wrong;
  terminal.out(
    `${compared.length} of ${all.length} tensors compared: ${percent(values - differing, values)} of ${values} values equal, ` +
      `largest difference ${largest}, ${wrong.length} wrong` +
      `${first === undefined ? '' : `, the first one made by #${first.node}`}\n`,
  );
  return good ? 0 : 1;
};
