/**
 * Looks at what each stage hands to the next (`stages.ts`), in tests and with PTFE_DEBUG=1. A stage that breaks a rule ends the
 * compilation with an error that names the stage, the operation and the rule: nothing falls back over it.
 */
import type { Graph } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import type { Arena } from '../allocate/arena.js';
import type { Operation } from '../ir/operation.js';
import { partInPieces } from '../ir/pieces.js';
import type { Placement } from '../place/place.js';
import { readPlan } from '../plan/read.js';
import type { Observe, PartStage } from '../stages.js';
import type { Step } from '../tile/task.js';
import { arenaRules } from './arena_rules.js';
import { operationRules } from './operation_rules.js';
import { placementRules } from './placement_rules.js';
import { invalid, InvalidStage } from './rule.js';
import { scheduleRules } from './schedule_rules.js';
import { taskRules } from './task_rules.js';
import { tileRules } from './tile_rules.js';

/** What the stages of a partition have told so far; a stage stands on those before it. */
export interface Told {
  readonly graph?: Graph;
  readonly operations?: readonly Operation[];
  readonly placement?: Placement;
  readonly steps?: readonly Step[];
  readonly arena?: Arena;
}

export const withStage = (before: Told, told: PartStage): Told => {
  switch (told.stage) {
    case 'rewrite':
      return { graph: told.data.graph };
    case 'lower':
    case 'fuse':
      return { ...before, operations: told.data.operations };
    case 'place':
      return { ...before, placement: told.data };
    case 'tile':
      return { ...before, ...told.data };
    case 'allocate':
      return { ...before, arena: told.data.arena };
    case 'schedule':
    case 'estimate':
    case 'emit':
    case 'plan':
      return before;
  }
};

/** The reader of plans has the rules of this stage. */
const unreadable = (bytes: Uint8Array): string | null => {
  try {
    readPlan(bytes);
    return null;
  } catch (error) {
    return `after plan: ${error instanceof Error ? error.message : String(error)} (reader: a plan that ptfe itself reads)`;
  }
};

const missing = (stage: string): never => {
  throw new InvalidStage(`after ${stage}: a stage before it was not told`);
};

/** @returns the rule that the stage breaks, as a message; null where it keeps all */
export const invalidStage = (chip: Chip, before: Told, told: PartStage): string | null => {
  const { stage } = told;
  const { graph = missing(stage), operations = [], placement, steps = [], arena } = withStage(before, told);
  const part = partInPieces(told.part, operations);
  switch (stage) {
    case 'rewrite':
    case 'estimate':
      return null;
    case 'lower':
    case 'fuse':
      // Nodes that are refused leave their results unmade.
      if (stage === 'lower' && told.data.refusals.length > 0) return null;
      return invalid(stage, operationRules, { chip, graph, part, operations });
    case 'place':
      // What nothing makes is refused by name.
      if (told.data.missing !== null) return null;
      return invalid(stage, placementRules, { chip, graph, part, wanted: operations, placement: told.data });
    case 'tile':
      return invalid(stage, tileRules, { chip, ...told.data });
    case 'schedule':
      return invalid(stage, scheduleRules, { steps, schedule: told.data });
    case 'allocate':
      return invalid(stage, arenaRules, { chip, part, placement: placement ?? missing(stage), ...told.data });
    case 'emit': {
      const places = { placement: placement ?? missing(stage), arena: arena ?? missing(stage) };
      return invalid(stage, taskRules, { steps, ...places, ...told.data });
    }
    case 'plan':
      return unreadable(told.data.bytes);
  }
};

/** @throws InvalidStage @param observe is told first */
export const validating = (chip: Chip, observe: Observe): Observe => {
  let before: Told = {};
  return (told) => {
    observe(told);
    if (told.part === null) return;
    const text = invalidStage(chip, before, told);
    if (text !== null) throw new InvalidStage(text);
    before = withStage(before, told);
  };
};
