/** What breaks a rule about a stage's data. */
import type { Part } from '../../../src/graph/graph.js';
import type { Operation } from '../../../src/ir/operation.js';
import type { PartStages } from '../../../src/stages.js';
import type { Told } from '../../../src/validate/index.js';

export type Spoilt<Data> = { readonly data: Data; readonly before?: Partial<Told> } | null;

export interface Corruption {
  readonly stage: keyof PartStages;
  readonly rule: string;
  readonly title: string;
  /** Rules that may notice it sooner. */
  readonly also?: readonly string[];
  /** @returns null where there is nothing of that kind to spoil */
  readonly spoil: (data: never, before: Required<Told>, part: Part) => Spoilt<unknown>;
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

export const of = <Stage extends keyof PartStages>(
  stage: Stage,
  rule: string,
  title: string,
  spoil: (data: Draft<PartStages[Stage]>, before: Required<Told>, part: Part) => Spoilt<PartStages[Stage]>,
  also: readonly string[] = [],
): Corruption => ({ stage, rule, title, spoil: spoil as Corruption['spoil'], also });

export const replaced = <T>(list: readonly T[], at: number, ...others: readonly T[]): readonly T[] => [
  ...list.slice(0, at),
  ...others,
  ...list.slice(at + 1),
];

export const copy = (tensor: number): Operation => ({ kind: 'copy', nodes: [0], input: tensor, output: tensor });

export const first = <T>(tiles: readonly T[], change: (tile: T) => object): readonly T[] =>
  tiles.map((tile, i) => (i === 0 ? { ...tile, ...change(tile) } : tile));
