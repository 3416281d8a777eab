/** How much of compiled models rests on each inferred fact of the hardware. */
import { type Fact, facts } from '../hardware/facts.js';
import type { Plan } from '../plan/format.js';

export interface FactUsage extends Fact {
  readonly ops: number;
  readonly tasks: number;
}

export interface Usage {
  readonly facts: readonly FactUsage[];
  readonly tasks: number;
  /** Tasks that rest on none. */
  readonly certain: number;
}

export const factUsage = (plans: readonly Plan[]): Usage => {
  const ops = plans.flatMap((plan) => plan.ops);
  const tasksOf = (list: typeof ops): number => list.reduce((sum, { taskCount }) => sum + taskCount, 0);
  return {
    tasks: tasksOf(ops),
    certain: tasksOf(ops.filter((op) => op.facts.length === 0)),
    facts: facts.map((fact) => {
      const own = ops.filter((op) => op.facts.includes(fact.name));
      return { ...fact, ops: own.length, tasks: tasksOf(own) };
    }),
  };
};
