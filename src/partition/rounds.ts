/**
 * Parts are compiled in rounds: nodes that turn out to be refused go to the CPU, the rest is cut again. What was compiled
 * before and comes again as it was is not compiled a second time.
 */
import type { Part } from '../graph/graph.js';
import type { RefusedPart } from './part_rules.js';

/** Then a refused part goes as a whole: a graph that is cut again for each of thousands of nodes takes minutes. */
const mostRounds = 64;

export type PartResult = Uint8Array | RefusedPart;

const wholePart = (part: Part, refused: RefusedPart): RefusedPart => {
  const named = new Map(refused.refusals.map((refusal) => [refusal.node, refusal]));
  const [first] = refused.refusals;
  if (first === undefined) return refused;
  return { ...refused, refusals: part.nodes.map((node) => named.get(node) ?? { ...first, node }) };
};

/**
 * @param compile of one part; it names nodes of the part where it refuses. `isMain`: of its round's parts, the one with the most work
 * @param workOf what a part has to do, in any unit
 * @returns one round
 */
export const inRounds = (
  compile: (part: Part, isMain: boolean) => PartResult,
  workOf: (part: Part) => number,
): ((parts: readonly Part[]) => readonly PartResult[]) => {
  let rounds = 0;
  let known: ReadonlyMap<string, PartResult> = new Map();
  return (parts) => {
    rounds++;
    const works = parts.map(workOf);
    const main = works.indexOf(Math.max(...works));
    const results = new Map<string, PartResult>();
    for (const [position, part] of parts.entries()) {
      const isMain = position === main;
      const key = JSON.stringify([isMain, part.nodes, part.inputs, part.outputs]);
      const result = known.get(key) ?? compile(part, isMain);
      results.set(key, result instanceof Uint8Array || rounds < mostRounds ? result : wholePart(part, result));
    }
    known = results;
    return [...results.values()];
  };
};
