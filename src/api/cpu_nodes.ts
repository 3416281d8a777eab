/** Why a model cannot run by itself on the NPU: nodes of it that only TFLite can run. */
import { PtfeError } from '../error.js';

export interface CpuNode {
  readonly node: number;
  /** TFLite's name of the operator; empty where a plan file was opened, which has none. */
  readonly op: string;
  /** The rule that keeps it from the NPU, with what was seen. */
  readonly reason: string;
  /** What to change in the model; empty where nothing is known. */
  readonly advice: string;
}

const mostNamed = 4;

const title = ({ node, op, reason }: CpuNode): string => `#${node}${op === '' ? '' : ` ${op}`} (${reason})`;

/** `nodes` has all of them; the message names the first few. */
export class CpuNodesError extends PtfeError {
  readonly nodes: readonly CpuNode[];
  /** Tensors that the NPU computes and these nodes read: for the option `outputs`. Empty where another node of the CPU comes first. */
  readonly before: readonly string[];

  /** @param before names of tensors */
  constructor(nodes: readonly CpuNode[], before: readonly string[]) {
    const more = nodes.length > mostNamed ? ` and ${nodes.length - mostNamed} more` : '';
    const listed = nodes.slice(0, mostNamed).map(title).join(', ');
    const upTo = before.map((name) => JSON.stringify(name)).join(', ');
    super(
      'cpu-nodes',
      'model',
      `${nodes.length === 1 ? '1 node stays' : `${nodes.length} nodes stay`} on the CPU, where only TFLite can run ${nodes.length === 1 ? 'it' : 'them'}: ${listed}${more}`,
      before.length === 0
        ? 'load the delegate in TFLite for such a model'
        : `the option outputs: [${upTo}] opens what is before`,
    );
    this.name = 'CpuNodesError';
    this.nodes = nodes;
    this.before = before;
  }
}
