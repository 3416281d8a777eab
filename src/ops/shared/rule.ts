/** Rules are data: a name, a text for people, and a predicate. The first one that does not hold refuses a node. */
import { type Graph, type Node, type Tensor, tensorAt } from '../../graph/graph.js';
import { shapeText } from '../../graph/tensor.js';
import type { Chip } from '../../hardware/chips.js';
import type { Hardware } from '../../hardware/machine.js';
import { adviceOf } from './advice.js';
import type { FreshIds } from '../../ir/build/arrange.js';
import type { Operation } from '../../ir/operation.js';

export interface Refusal {
  readonly rule: string;
  readonly text: string;
  /** What the model's author can change, one line. */
  readonly advice?: string;
}

/** A node where it stands. */
export interface NodeContext {
  readonly graph: Graph;
  readonly node: Node;
}

/** A node, and the hardware that it is judged for. */
export interface OpContext extends NodeContext, Hardware {
  /** The tensors are one sample of a batch of so many; what constants say of the first dimension is said of the batch. */
  readonly samples?: number;
}

/** Words that may name a limit of the chip. */
export type Text = string | ((chip: Chip) => string);

export const textOf = (text: Text, chip: Chip): string => (typeof text === 'string' ? text : text(chip));

/** What an op asks for, as data: SUPPORTED_OPS and messages are made of it. */
export interface RuleText {
  readonly name: string;
  /** What the op needs, one line. */
  readonly text: Text;
  /** What the model's author can change; by default what `advice.ts` says for rules of this name. */
  readonly advice?: string | ((context: OpContext) => string);
}

export interface Rule extends RuleText {
  /** @returns what is wrong with this node, or null when the rule holds. Rules are asked in order: a later one may rely on the earlier. */
  readonly broken: (context: OpContext) => string | null;
}

/** A node that keeps all rules of its op. */
export interface Match {
  /** @param fresh numbers for tensors that the lowering makes: none of the graph's */
  readonly lower: (fresh: FreshIds) => readonly Operation[];
}

export type Matched =
  { readonly match: Match; readonly refusal: null } | { readonly match: null; readonly refusal: Refusal };

/** Rules, and what a node that keeps them becomes. */
export interface Form {
  readonly rules: readonly RuleText[];
  readonly match: (context: OpContext) => Matched;
}

/** How a node that breaks a rule can still be in a partition: as a kernel on the host, where the partition would be cut otherwise. */
export interface HostDefinition extends Form {
  /** What the silicon lacks, one line. */
  readonly fact: Text;
}

/** One shape for each output; null where it depends on what is known only when the model runs, or on options not read. */
export type ShapeDerivation = (context: NodeContext) => readonly (readonly number[])[] | null;

export interface OpDefinition extends Form {
  readonly op: string;
  /** Shapes as TFLite calculates them; by default what `output_shapes.ts` says. */
  readonly shapes?: ShapeDerivation;
  readonly host?: HostDefinition;
  /** Whether an output of fewer dimensions than the input still has the batch as its first one; by default it has none. */
  readonly keepsBatch?: (context: OpContext) => boolean;
}

/** Why a node does not match: `wrong` with this node, where `rule` asks for something else. */
export const refused = (rule: RuleText, wrong: string, context: OpContext): Matched => {
  const advice = adviceOf(rule, context);
  const refusal = { rule: rule.name, text: `${wrong} (needs: ${textOf(rule.text, context.chip)})` };
  return { match: null, refusal: advice === undefined ? refusal : { ...refusal, advice } };
};

export const matched = (lower: Match['lower']): Matched => ({ match: { lower }, refusal: null });

/** The tensor at position `position` of the node's inputs; null for an absent optional one. */
export const inputOf = ({ graph, node }: NodeContext, position: number): Tensor | null =>
  tensorAt(graph, node.inputs[position]);

export const outputOf = ({ graph, node }: NodeContext): Tensor | null => tensorAt(graph, node.outputs[0]);

/** What is wrong with a shape that follows from others; null where it is as it must be. */
export const wrongShape = (is: readonly number[], wanted: readonly number[]): string | null =>
  shapeText(is) === shapeText(wanted) ? null : `output ${shapeText(is)} where ${shapeText(wanted)} follows`;
