/**
 * What a part as a whole asks for, and is known only when it is compiled. A node that breaks such a rule stays on the CPU, and the
 * graph is cut again; the rest of the part does not suffer.
 */
import type { Refusal } from '../ops/shared/rule.js';

/** A refusal and the node that it is about. */
export type NodeRefusal = Refusal & { readonly node: number };

/** Why there is no plan for a part: nodes of it that must stay on the CPU, at least one; the first reason stands for all. */
export interface RefusedPart extends Refusal {
  readonly refusals: readonly NodeRefusal[];
}

/** Most bytes of feature maps, weights and programs of one part together: what 32-bit addresses reach, with room between. */
export const mostPartBytes = 2 ** 32 - 2 ** 26;

interface PartRule {
  readonly text: string;
  readonly advice?: string;
}

export const partRules = {
  shape: {
    text: "the output's stored shape, which must be the one that follows from the inputs",
    advice: 'convert again: the file contradicts itself',
  },
  tile: {
    text: "tasks that fit the chip's buffers",
    advice: 'take fewer channels or smaller planes',
  },
  memory: {
    text: `feature maps that are alive at a time, weights and programs of a part of at most ${mostPartBytes} bytes together`,
    advice: 'take smaller planes or fewer channels',
  },
  border: {
    text: 'tensors between the part and TFLite in an order that the host can lay out: that of the model, or channels first',
    advice: 'use the result of the TRANSPOSE inside the graph only, or reorder between NCHW and NHWC',
  },
  parts: {
    text: 'every tensor that is read, or that others want, made by a node of the part',
    advice: 'make no outputs of tensors in the middle of a pattern that runs as one',
  },
} satisfies Readonly<Record<string, PartRule>>;

/** @param seen what is wrong */
export const partRefusal = (node: number, rule: keyof typeof partRules, seen: string): NodeRefusal => {
  const { text, advice } = partRules[rule];
  return { node, rule, text: `${seen} (needs: ${text})`, advice };
};

/** The name of the rule that bugs of ours stand under: nothing that a model's author could change. */
export const bugRule = 'bug';

export const bugRefusal = (node: number, error: unknown): NodeRefusal => ({
  node,
  rule: bugRule,
  text: `a bug in ptfe, please report it with the model: ${error instanceof Error ? error.message : String(error)}`,
});

export const refusedPart = (refusals: readonly NodeRefusal[]): RefusedPart => {
  const [first] = refusals;
  if (first === undefined) throw new Error('a part that is refused for no reason');
  const { rule, text } = first;
  return { rule, text, ...(first.advice === undefined ? {} : { advice: first.advice }), refusals };
};
