/** What the stages of one compilation made, for each part that has a plan. */
import type { CompiledModel } from '../compile.js';
import type { Part } from '../graph/graph.js';
import type { Plan } from '../plan/format.js';
import { readPlan } from '../plan/read.js';
import type { Observe, PartStages } from '../stages.js';

type Wanted = Pick<PartStages, 'tile' | 'schedule' | 'allocate' | 'estimate'>;

export interface StagedPart extends Wanted {
  readonly part: Part;
  readonly plan: Plan;
}

const keyOf = ({ nodes, inputs, outputs }: Part): string => JSON.stringify([nodes, inputs, outputs]);

/** @param compile calls the observer: of a part that is compiled again, what is told last counts */
export const collectStages = (
  compile: (observe: Observe) => CompiledModel,
): { readonly compiled: CompiledModel; readonly parts: readonly StagedPart[] } => {
  const found = new Map<string, Partial<Wanted>>();
  const compiled = compile((stage) => {
    if (stage.part === null) return;
    if (!['tile', 'schedule', 'allocate', 'estimate'].includes(stage.stage)) return;
    const key = keyOf(stage.part);
    found.set(key, { ...found.get(key), [stage.stage]: stage.data });
  });
  const parts = compiled.parts.map((part): StagedPart => {
    const { tile, schedule, allocate, estimate } = found.get(keyOf(part)) ?? {};
    if (tile === undefined || schedule === undefined || allocate === undefined || estimate === undefined)
      throw new Error(`nobody told of the part of nodes ${part.nodes.join(' ')}`);
    return { part, plan: readPlan(part.plan), tile, schedule, allocate, estimate };
  });
  return { compiled, parts };
};
