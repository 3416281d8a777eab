/** What a device's values say: where they are the software NPU's, and which other reading of a fact explains those that are not. */
import { facts } from '../hardware/facts.js';
import { readPlan } from '../plan/read.js';
import { factsOf, type Rung } from './ladder.js';

export type Values = readonly Uint8Array[];

/** The software NPU with one reading of a fact; throws where it refuses the program. */
export type RunSoftware = (rung: Rung, facts: Readonly<Record<string, string>>) => Values;

/** The device under test; throws with what went wrong. */
export type RunDevice = (rung: Rung) => Values;

export interface RungResult {
  readonly name: string;
  readonly tasks: number;
  /** Estimated, at any clock. */
  readonly cycles: number;
  readonly milliseconds: number;
  readonly facts: readonly string[];
  /** failed: the device gave no values. */
  readonly state: 'same' | 'differs' | 'failed';
  readonly text: string;
  readonly values: number;
  readonly differing: number;
  /** Readings `fact=value` of which each alone gives the device's values. */
  readonly explainedBy: readonly string[];
  /** Readings that give the same values as the assumed ones: this rung does not tell them apart. */
  readonly untold: readonly string[];
  /** The device's values, base64, where they differ. */
  readonly output: readonly string[];
}

export interface FactResult {
  readonly name: string;
  readonly assumed: string;
  /**
   * assumed: only this reading gives the device's values; untold: others (`readings`) give them too; other: one of `readings`, and
   * not the assumed one; unexplained: a rung differs, and no reading alone explains it; untried: no rung rests on it.
   */
  readonly state: 'assumed' | 'untold' | 'other' | 'unexplained' | 'untried';
  readonly readings: readonly string[];
}

const mostOutputBytes = 1 << 18;

const distance = (a: Values, b: Values): number =>
  a.reduce((sum, bytes, i) => sum + bytes.reduce((n, value, k) => n + (value === b[i]?.[k] ? 0 : 1), 0), 0);

const equal = (a: Values, b: Values): boolean =>
  a.length === b.length && a.every((bytes, i) => bytes.length === b[i]?.length) && distance(a, b) === 0;

const readingsOf = (rung: Rung): readonly (readonly [fact: string, value: string])[] => {
  const own = factsOf(rung);
  return facts
    .filter(({ name }) => own.has(name))
    .flatMap(({ name, values }) => values.slice(1).map((value) => [name, value] as const));
};

/** Readings under which the software NPU gives some values. */
const readingsThatGive = (rung: Rung, wanted: Values, software: RunSoftware): readonly string[] =>
  readingsOf(rung).flatMap(([fact, value]) => {
    try {
      return equal(software(rung, { [fact]: value }), wanted) ? [`${fact}=${value}`] : [];
    } catch {
      return []; // a program that this reading does not allow
    }
  });

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const judgeRung = (rung: Rung, software: RunSoftware, device: RunDevice): RungResult => {
  const { tasks } = readPlan(rung.plan);
  const expected = software(rung, {});
  const values = expected.reduce((sum, bytes) => sum + bytes.length, 0);
  const common = {
    name: rung.name,
    tasks: tasks.length,
    cycles: tasks.reduce((sum, task) => sum + Number(task.cycles), 0),
    facts: [...factsOf(rung)].sort(),
    values,
  };
  const none = { explainedBy: [], untold: [], output: [] } as const;
  const started = performance.now();
  const took = (): number => Number((performance.now() - started).toFixed(2));
  try {
    const got = device(rung);
    const milliseconds = took();
    if (equal(expected, got)) {
      const untold = readingsThatGive(rung, expected, software);
      return { ...common, ...none, milliseconds, state: 'same', text: '', differing: 0, untold };
    }
    const differing = distance(expected, got);
    const explainedBy = readingsThatGive(rung, got, software);
    const bytes = got.reduce((sum, one) => sum + one.length, 0);
    return {
      ...common,
      ...none,
      milliseconds,
      state: 'differs',
      text: `${differing} of ${values} values differ`,
      differing,
      explainedBy,
      output: bytes > mostOutputBytes ? [] : got.map((one) => Buffer.from(one).toString('base64')),
    };
  } catch (error) {
    return { ...common, ...none, milliseconds: took(), state: 'failed', text: textOf(error), differing: 0 };
  }
};

/** A rung that another fact alone explains says nothing of this one. */
const isEvidence = (name: string, { facts: own, state, explainedBy }: RungResult): boolean =>
  own.includes(name) &&
  state !== 'failed' &&
  (state === 'same' || explainedBy.length === 0 || explainedBy.some((reading) => reading.startsWith(`${name}=`)));

const allows = (reading: string, isAssumed: boolean, { state, explainedBy, untold }: RungResult): boolean =>
  state === 'same' ? isAssumed || untold.includes(reading) : explainedBy.includes(reading);

export const judgeFacts = (results: readonly RungResult[]): readonly FactResult[] =>
  facts.map(({ name, values }) => {
    const [assumed] = values;
    const evidence = results.filter((result) => isEvidence(name, result));
    const readings = values.filter((value, i) =>
      evidence.every((result) => allows(`${name}=${value}`, i === 0, result)),
    );
    const state = (): FactResult['state'] => {
      if (evidence.length === 0) return 'untried';
      if (readings.length === 0) return 'unexplained';
      if (!readings.includes(assumed)) return 'other';
      return readings.length === 1 ? 'assumed' : 'untold';
    };
    return { name, assumed, state: state(), readings: evidence.length === 0 ? [] : readings };
  });
