/**
 * Looks at what each stage hands to the next (`stages.ts`), in tests and with PTFE_DEBUG=1. A stage that breaks a rule ends the
 * compilation with an error that names the stage, the operation and the rule: nothing falls back over it.
 */
import type { Graph } from '../graph/graph.js';
import type { Chip } from '../hardware/chips.js';
import type { Operation } from '../ir/operation.js';
import { partInPieces } from '../ir/pieces.js';
import type { Observe, PartStage, Stage } from '../stages.js';
import { operationRules } from './operation_rules.js';
import { placementRules } from './placement_rules.js';
import { invalid, InvalidStage } from './rule.js';

/** What stages told before the one that is looked at. */
interface Told {
  readonly graph: Graph | null;
  readonly operations: readonly Operation[];
}

const remembered = (before: Told, told: PartStage): Told => {
  switch (told.stage) {
    case 'rewrite':
      return { graph: told.data.graph, operations: [] };
    case 'lower':
    case 'fuse':
      return { ...before, operations: told.data.operations };
    default:
      return before;
  }
};

const wrong = (chip: Chip, { graph, operations }: Told, told: PartStage): string | null => {
  if (graph === null) return null;
  const part = partInPieces(
    told.part,
    told.stage === 'lower' || told.stage === 'fuse' ? told.data.operations : operations,
  );
  switch (told.stage) {
    case 'lower':
      // Nodes that are refused leave their results unmade.
      if (told.data.refusals.length > 0) return null;
      return invalid('lower', operationRules, { chip, graph, part, operations });
    case 'fuse':
      return invalid('fuse', operationRules, { chip, graph, part, operations });
    case 'place':
      // What nothing makes is refused by name.
      if (told.data.missing !== null) return null;
      return invalid('place', placementRules, { chip, graph, part, wanted: operations, placement: told.data });
    default:
      return null;
  }
};

/** @throws InvalidStage @param observe is told first */
export const validating = (chip: Chip, observe: Observe): Observe => {
  let told: Told = { graph: null, operations: [] };
  return (stage: Stage) => {
    observe(stage);
    if (stage.part === null) return;
    told = remembered(told, stage);
    const text = wrong(chip, told, stage);
    if (text !== null) throw new InvalidStage(text);
  };
};
