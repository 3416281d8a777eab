/** Whether all that a node's tasks rest on was shown by a board or a shipped compiler: what trust=seen asks for. */
import { type Fact, unshown } from '../hardware/facts.js';
import { FreshIds } from '../ir/build/arrange.js';
import type { Match, OpContext, Refusal } from '../ops/shared/rule.js';
import type { Operation, TaskOperation } from '../ir/operation.js';
import { stagesOf } from '../ir/operation_stages.js';
import { stageFacts } from '../requantize/stage_facts.js';

const kinds: Readonly<Record<TaskOperation['kind'], true>> = {
  conv: true,
  add: true,
  clamp: true,
  scale: true,
  pair: true,
  copy: true,
  unpool: true,
};

const isTask = (operation: Operation): operation is TaskOperation => operation.kind in kinds;

const refusal = ({ name, text, readings: [assumed] }: Fact): Refusal => ({
  rule: 'trust',
  text: `${text} (${name}): nothing speaks for "${assumed.value}" (needs: with trust=seen, what a board or a shipped compiler has shown)`,
  advice: 'allow inferred forms: leave out --trust seen (option trust)',
});

/** @param match of a node that keeps the rules of its op */
export const untrusted = (match: Match, context: OpContext): Refusal | null => {
  if (context.trust !== 'seen') return null;
  const { tensors } = context.graph;
  const fresh = new FreshIds(tensors.size === 0 ? 0 : Math.max(...tensors.keys()) + 1);
  const names = match
    .lower(fresh)
    .filter(isTask)
    .flatMap((operation) => stageFacts(stagesOf(operation, context.trust)));
  const [first] = unshown(names);
  return first === undefined ? null : refusal(first);
};
