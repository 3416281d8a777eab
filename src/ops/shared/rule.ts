/** Rules are data: a name, a text for people, and a predicate. The first one that does not hold refuses a node. */
import type { Graph, Node, Tensor } from '../../graph/graph.js';
import { shapeText } from '../../graph/tensor.js';
import type { Trust } from '../../hardware/fact.js';
import { adviceOf } from './advice.js';
import type { Operation } from '../../ir/operation.js';

export interface Refusal {
  readonly rule: string;
  readonly text: string;
  /** What the model's author can change, one line. */
  readonly advice?: string;
}

export interface OpContext {
  readonly graph: Graph;
  readonly node: Node;
  /** `seen`: only register words that were seen on silicon or in a shipped driver. */
  readonly trust: Trust;
  /** The first tensor index that nothing uses: a lowering numbers tensors of its own from here. */
  readonly spare: number;
  /** Results of the part that others want, where that is known: when it is compiled. */
  readonly wanted?: readonly number[];
  /** The tensors are one picture of a batch of so many; what constants say of the first dimension is said of the batch. */
  readonly pictures?: number;
}

export interface Rule {
  readonly name: string;
  /** What the op needs, one line; SUPPORTED_OPS and messages use it. */
  readonly text: string;
  /** What the model's author can change; by default what `advice.ts` says for rules of this name. */
  readonly advice?: string | ((context: OpContext) => string);
  /** @returns what is wrong with this node, or null when the rule holds. Rules are asked in order: a later one may rely on the earlier. */
  readonly broken: (context: OpContext) => string | null;
}

/** How a node that breaks a rule can still be in a part: as a kernel on the host, where the part would be cut otherwise. */
export interface HostDefinition {
  /** What the silicon lacks, one line. */
  readonly fact: string;
  readonly rules: readonly Rule[];
  readonly lower: (context: OpContext) => readonly Operation[];
}

export interface OpDefinition {
  readonly op: string;
  readonly rules: readonly Rule[];
  /** Called only for a node that breaks no rule. */
  readonly lower: (context: OpContext) => readonly Operation[];
  readonly host?: HostDefinition;
  /** Whether an output of fewer dimensions than the input still has the batch as its first one; by default it has none. */
  readonly keepsBatch?: (context: OpContext) => boolean;
}

export const refusalOf = (definition: Pick<OpDefinition, 'rules'>, context: OpContext): Refusal | null => {
  for (const rule of definition.rules) {
    const wrong = rule.broken(context);
    if (wrong === null) continue;
    const advice = adviceOf(rule, context);
    const refusal = { rule: rule.name, text: `${wrong} (needs: ${rule.text})` };
    return advice === undefined ? refusal : { ...refusal, advice };
  }
  return null;
};

/** The tensor at position `position` of the node's inputs; null for an absent optional one. */
export const inputOf = ({ graph, node }: OpContext, position: number): Tensor | null => {
  const index = node.inputs[position];
  return index === undefined || index === -1 ? null : (graph.tensors.get(index) ?? null);
};

export const outputOf = ({ graph, node }: OpContext): Tensor | null => graph.tensors.get(node.outputs[0] ?? -1) ?? null;

/** What is wrong with a shape that follows from others; null where it is as it must be. */
export const wrongShape = (is: readonly number[], wanted: readonly number[]): string | null =>
  shapeText(is) === shapeText(wanted) ? null : `output ${shapeText(is)} where ${shapeText(wanted)} follows`;
