/**
 * Which operations run at the same time on several cores. The list is cut into stages. A stage is a run of operations, on one
 * core as it is, or on several, each with some rows of the results and what it needs for them (`strip.ts`). Between two stages
 * all cores wait, and the CPU copies what the next one needs: each file of the kernel's driver has an address space of its own.
 * A shortest path over the places where a stage may end, each stage judged by the tasks that it becomes.
 */
import type { Hardware, Machine } from '../hardware/machine.js';
import { machineOf } from '../hardware/machine.js';
import { exchangeMicroseconds, type Load, stageMicroseconds } from '../cost/several.js';
import { type TaskCost, workMicroseconds } from '../hardware/speed.js';
import { atomChannels } from '../hardware/capability.js';
import type { Position, TensorId } from '../hardware/units.js';
import { operationCosts } from './costs.js';
import { rowCount, type Rows } from './rows.js';
import { type Share, StripWalk } from './strip.js';
import { type Survey, takenBy } from './survey.js';

export interface Stage {
  readonly from: Position;
  readonly to: Position;
  /** Of each core; null: one core, all rows. */
  readonly shares: readonly Share[] | null;
}

/** A run that is looked at for strips: the halo grows with each operation. */
const longestRun = 96;

/** So many programs that their buffers can be named (`wire/plan_records.ts`). */
const mostStages = 5;

/** How much less than the others a strip in the middle may be given: it has a halo on both sides. */
const middles = [1, 0.85, 0.7, 0.5] as const;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export const sharesOf = (weights: readonly number[]): readonly Share[] => {
  const all = sum(weights);
  return weights.map((_, i) => [
    sum(weights.slice(0, i)) / all,
    i === weights.length - 1 ? 1 : sum(weights.slice(0, i + 1)) / all,
  ]);
};

const weightsFor = (cores: number): readonly (readonly number[])[] =>
  cores === 2
    ? [[1, 1]]
    : middles.map((middle) => Array.from({ length: cores }, (_, i) => (i === 0 || i === cores - 1 ? 1 : middle)));

interface Way {
  readonly cost: number;
  readonly stages: readonly Stage[];
}

const better = (a: Way | undefined, b: Way): Way => (a === undefined || b.cost < a.cost ? b : a);

export interface Search {
  /** Microseconds of the operations on one core. */
  readonly alone: number;
  /** With at least one stage on several; null where there is none. */
  readonly several: Way | null;
}

/** @param cores at most; @param given memories that the caller gives: the host makes them anyway */
export const searchStages = (hardware: Hardware, survey: Survey, cores: number): Search => {
  const { chip } = hardware;
  const machines = Array.from({ length: cores }, (_, i) => machineOf(chip, { ...hardware.machine, cores: i + 1 }));
  const machineFor = (busy: number): Machine => machines[busy - 1] ?? machineOf(chip, hardware.machine);
  const one = machineFor(1);
  const costs = operationCosts(hardware, survey);
  const loadOf = (machine: Machine, all: readonly TaskCost[]): Load => ({
    work: sum(all.map((cost) => workMicroseconds(machine, cost))),
    tasks: all.length,
  });
  const plus = (a: Load, b: Load): Load => ({ work: a.work + b.work, tasks: a.tasks + b.tasks });
  const hostMicroseconds = (position: Position): number => {
    const operation = survey.operations[position];
    if (operation?.kind !== 'host') return 0;
    const [height, width, channels] = survey.planeOf(operation.output);
    return (height * width * channels) / chip.host.values + chip.dispatch.jobMicroseconds;
  };
  const alone = survey.operations.map((_, position) => {
    const load = loadOf(one, costs(position, null));
    return stageMicroseconds(one, [load]) + hostMicroseconds(position);
  });
  const aloneTo = [0];
  for (const cost of alone) aloneTo.push((aloneTo.at(-1) ?? 0) + cost);
  const aloneFor = (from: Position, to: Position): number => (aloneTo[to] ?? 0) - (aloneTo[from] ?? 0);

  const given = new Set(survey.ends.inputs.map(survey.rootOf));
  const bytesOf = (root: TensorId, rows: Rows | null): number => {
    const [height, width, channels] = survey.planeOf(root);
    return (rows === null ? height : rowCount(rows)) * width * atomChannels(chip, channels);
  };
  /** What stands between two stages; of rows that several need, once for each. */
  const exchange = (bytes: number): number => exchangeMicroseconds(one, bytes) + (4 * bytes) / chip.host.syncBytes;
  const taken = new Map<string, readonly TensorId[]>();
  const takenOf = (from: Position, to: Position): readonly TensorId[] => {
    const key = `${from}:${to}`;
    const known = taken.get(key) ?? takenBy(survey, from, to).filter((root) => !given.has(root));
    taken.set(key, known);
    return known;
  };

  /** Runs on several cores that end at `to`, each with what it costs by itself. */
  const strips = function* (to: Position): Generator<{ readonly stage: Stage; readonly cost: number }> {
    for (let busy = 2; busy <= cores; busy++) {
      const machine = machineFor(busy);
      for (const weights of weightsFor(busy)) {
        const shares = sharesOf(weights);
        const walks = shares.map((share) => new StripWalk(survey, to, share));
        let loads: readonly Load[] = walks.map(() => ({ work: 0, tasks: 0 }));
        for (let position = to - 1; position >= Math.max(0, to - longestRun); position--) {
          const walked = walks.map((walk) => walk.step(position));
          if (walked.some((step) => step === null)) break;
          loads = loads.map((load, i) => {
            const rows = walked[i]?.rows ?? null;
            return rows === null ? load : plus(load, loadOf(machine, costs(position, rows)));
          });
          if (!cutSet.has(position) || loads.some(({ tasks }) => tasks === 0)) continue;
          const busyFor = stageMicroseconds(machine, loads);
          const roots = takenOf(position, to);
          const bytes = sum(
            walks.flatMap((walk) => roots.map((root) => bytesOf(root, walk.needed.get(root) ?? [0, 0]))),
          );
          const before = position === 0 ? chip.dispatch.jobMicroseconds * (busy - 1) : exchange(bytes);
          yield { stage: { from: position, to, shares }, cost: busyFor + before };
        }
      }
    }
  };
  const cutSet = new Set(survey.cuts);
  /** The best ways up to each cut: by whether there is a stage on several cores in it, and by the number of stages. */
  const ways = new Map<Position, (Way | undefined)[][]>([[0, [[{ cost: 0, stages: [] }], []]]]);
  const at = (position: Position): (Way | undefined)[][] => {
    const known = ways.get(position) ?? [[], []];
    ways.set(position, known);
    return known;
  };
  const extend = (stage: Stage, cost: number): void => {
    const target = at(stage.to);
    for (const [hasSeveral, byCount] of at(stage.from).entries()) {
      for (const [count, way] of byCount.entries()) {
        if (way === undefined || count === mostStages) continue;
        // Two stages in a row on one core are one.
        if (stage.shares === null && way.stages.at(-1)?.shares === null) continue;
        const row = target[stage.shares === null ? hasSeveral : 1];
        if (row !== undefined)
          row[count + 1] = better(row[count + 1], { cost: way.cost + cost, stages: [...way.stages, stage] });
      }
    }
  };
  for (const to of survey.cuts) {
    if (to === 0) continue;
    for (const from of survey.cuts) {
      if (from >= to) break;
      const bytes = from === 0 ? 0 : sum(takenOf(from, to).map((root) => bytesOf(root, null)));
      extend({ from, to, shares: null }, aloneFor(from, to) + (from === 0 ? 0 : exchange(bytes)));
    }
    for (const { stage, cost } of strips(to)) extend(stage, cost);
  }
  const found = (at(survey.operations.length)[1] ?? []).reduce<Way | undefined>(
    (best, way) => (way === undefined ? best : better(best, way)),
    undefined,
  );
  const balance = (stage: Stage): Stage => {
    const { from, to, shares } = stage;
    if (shares === null) return stage;
    const machine = machineFor(shares.length);
    let best = { stage, cost: Infinity };
    let weights = shares.map(([start, end]) => end - start);
    for (let round = 0; round < balanceRounds; round++) {
      const tried: Stage = { from, to, shares: sharesOf(weights) };
      const loads = (tried.shares ?? []).map((share): Load | null => {
        const walk = new StripWalk(survey, to, share);
        let load: Load = { work: 0, tasks: 0 };
        for (let position = to - 1; position >= from; position--) {
          const walked = walk.step(position);
          if (walked === null) return null;
          if (walked.rows !== null) load = plus(load, loadOf(machine, costs(position, walked.rows)));
        }
        return load.tasks === 0 ? null : load;
      });
      const whole = loads.flatMap((load) => (load === null ? [] : [load]));
      if (whole.length < loads.length) break;
      const cost = stageMicroseconds(machine, whole);
      if (cost < best.cost) best = { stage: tried, cost };
      const times = whole.map((load) => stageMicroseconds(machine, [load]));
      const mean = sum(times) / times.length;
      weights = weights.map((weight, i) => weight * Math.sqrt(mean / (times[i] ?? mean)));
    }
    return best.stage;
  };
  return {
    alone: aloneFor(0, survey.operations.length),
    several: found === undefined ? null : { ...found, stages: found.stages.map(balance) },
  };
};

const balanceRounds = 8;
