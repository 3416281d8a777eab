/**
 * Which operations run at the same time on several cores. The list is cut into stages. A stage is a run of operations, on one
 * core as it is, or on several, each with some rows or channels of the results and what it needs for them (`strip.ts`). Between
 * two stages all cores wait, and the CPU copies what the next one needs: each file of the kernel's driver has an address space
 * of its own. A shortest path over the places where a stage may end, each stage judged by the tasks that it becomes.
 */
import type { Load } from '../cost/several.js';
import type { Hardware } from '../hardware/machine.js';
import type { Position } from '../hardware/units.js';
import { nothing, plus, type Prices, pricesOf } from './prices.js';
import { type Axis, type Share, StripWalk } from './strip.js';
import type { Survey } from './survey.js';

export interface Stage {
  readonly from: Position;
  readonly to: Position;
  readonly axis: Axis;
  /** Of each core; null: one core, all of it. */
  readonly shares: readonly Share[] | null;
}

/** Operations of a run that is looked at for strips: with each the rows that two cores calculate grow. */
const longestRun = 96;

/** So many that the buffers of their programs can be named (`planBounds.maxBos`). */
const mostStages = 6;

/** How much less than the others a strip in the middle may be given: its neighbours' rows stand on both sides. */
const middles = [1, 0.85, 0.7, 0.5] as const;

const balanceRounds = 8;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const sharesOf = (weights: readonly number[]): readonly Share[] => {
  const all = sum(weights);
  const end = (count: number): number => (count === weights.length ? 1 : sum(weights.slice(0, count)) / all);
  return weights.map((_, i) => [end(i), end(i + 1)]);
};

interface Way {
  readonly cost: number;
  readonly stages: readonly Stage[];
}

/** How a run may be shared out: an axis, and a weight for each core. */
interface Sharing {
  readonly axis: Axis;
  readonly weights: readonly number[];
}

const sharingsFor = (cores: number): readonly Sharing[] => {
  const even = Array.from({ length: cores }, () => 1);
  const rows =
    cores === 2 ? [even] : middles.map((middle) => even.map((_, i) => (i === 0 || i === cores - 1 ? 1 : middle)));
  return [...rows.map((weights) => ({ axis: 'rows' as const, weights })), { axis: 'channels', weights: even }];
};

/** Runs on several cores that end at `to`, each with what it costs. */
function* runsBefore(
  survey: Survey,
  prices: Prices,
  to: Position,
  cores: number,
): Generator<{ readonly stage: Stage; readonly cost: number }> {
  const cuts = new Set(survey.cuts);
  for (let busy = 2; busy <= cores; busy++) {
    for (const { axis, weights } of sharingsFor(busy)) {
      const shares = sharesOf(weights);
      const walks = shares.map((share) => new StripWalk(survey, to, axis, share));
      let loads: readonly Load[] = walks.map(() => nothing);
      for (let from = to - 1; from >= Math.max(0, to - longestRun); from--) {
        const walked = walks.map((walk) => walk.step(from));
        if (walked.some((step) => step === null)) break;
        loads = loads.map((load, i) => {
          const box = walked[i]?.box ?? null;
          return box === null ? load : plus(load, prices.load(from, box, busy));
        });
        if (!cuts.has(from) || loads.some(({ tasks }) => tasks === 0)) continue;
        const { cost } = prices.shared(from, to, loads, walks);
        yield { stage: { from, to, axis, shares }, cost };
      }
    }
  }
}

/** The same run with shares by which its cores end at the same time, as near as that comes. */
const balanced = (survey: Survey, prices: Prices, stage: Stage): Stage => {
  const { from, to, axis, shares } = stage;
  if (shares === null) return stage;
  const busy = shares.length;
  const walked = (share: Share): { readonly walk: StripWalk; readonly load: Load } | null => {
    const walk = new StripWalk(survey, to, axis, share);
    let load = nothing;
    for (let position = to - 1; position >= from; position--) {
      const step = walk.step(position);
      if (step === null) return null;
      if (step.box !== null) load = plus(load, prices.load(position, step.box, busy));
    }
    return load.tasks === 0 ? null : { walk, load };
  };
  let best = { stage, cost: Infinity };
  let weights = shares.map(([start, end]) => end - start);
  for (let round = 0; round < balanceRounds; round++) {
    const tried = sharesOf(weights);
    const all = tried.flatMap((share) => walked(share) ?? []);
    if (all.length < busy) break;
    const [loads, walks] = [all.map(({ load }) => load), all.map(({ walk }) => walk)];
    const { cost, ends } = prices.shared(from, to, loads, walks);
    if (cost < best.cost) best = { stage: { ...stage, shares: tried }, cost };
    const mean = sum(ends) / busy;
    weights = weights.map((weight, i) => weight * Math.sqrt(mean / (ends[i] ?? mean)));
  }
  return best.stage;
};

/** The best ways up to a position: without and with a stage on several cores, by the number of stages. */
type Ways = readonly [(Way | undefined)[], (Way | undefined)[]];

/** @returns the quickest stages of which at least one is on several cores; null where there are none */
export const searchStages = (hardware: Hardware, survey: Survey, cores: number): Way | null => {
  const prices = pricesOf(hardware, survey);
  const ways = new Map<Position, Ways>([[0, [[{ cost: 0, stages: [] }], []]]]);
  const at = (position: Position): Ways => {
    const known: Ways = ways.get(position) ?? [[], []];
    ways.set(position, known);
    return known;
  };
  const extend = (stage: Stage, cost: number): void => {
    for (const [hasSeveral, byCount] of at(stage.from).entries()) {
      const row = at(stage.to)[stage.shares !== null || hasSeveral === 1 ? 1 : 0];
      for (const [count, way] of byCount.entries()) {
        if (way === undefined || count === mostStages) continue;
        // Two stages in a row on one core are one.
        if (stage.shares === null && way.stages.at(-1)?.shares === null) continue;
        const known = row[count + 1];
        if (known === undefined || way.cost + cost < known.cost)
          row[count + 1] = { cost: way.cost + cost, stages: [...way.stages, stage] };
      }
    }
  };
  for (const to of survey.cuts.slice(1)) {
    for (const from of survey.cuts) {
      if (from >= to) break;
      extend({ from, to, axis: 'rows', shares: null }, prices.alone(from, to));
    }
    for (const { stage, cost } of runsBefore(survey, prices, to, cores)) extend(stage, cost);
  }
  const ends = at(survey.operations.length)[1].flatMap((way) => way ?? []);
  const [best] = ends.sort((a, b) => a.cost - b.cost);
  return best === undefined ? null : { ...best, stages: best.stages.map((stage) => balanced(survey, prices, stage)) };
};
