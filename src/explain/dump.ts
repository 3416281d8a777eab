/** What stands between two stages of a compilation, as `compile.ts` tells it on the way: of the partitions that were kept. */
import { type CompileOptions, compileTflite } from '../compile.js';
import type { Part } from '../graph/graph.js';
import type { Stage, StageName } from '../stages.js';

const keyOf = ({ nodes, inputs, outputs }: Part): string => JSON.stringify([nodes, inputs, outputs]);

/** One for the model, or one for each partition that has a plan. @throws PtfeError for a damaged file */
export const stagesAfter = (
  bytes: Uint8Array,
  options: CompileOptions,
  subgraph: number,
  after: StageName,
): readonly Stage[] => {
  const ofModel: Stage[] = [];
  // A partition that comes again when the graph is cut again is not compiled again.
  const ofParts = new Map<string, Stage>();
  const { parts } = compileTflite(bytes, options, subgraph, (stage) => {
    if (stage.stage !== after) return;
    if (stage.part === null) ofModel.push(stage);
    else ofParts.set(keyOf(stage.part), stage);
  });
  return [...ofModel.slice(-1), ...parts.flatMap((part) => ofParts.get(keyOf(part)) ?? [])];
};
