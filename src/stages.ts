/**
 * The stages of `compile.ts` in their order, and what each hands to the next: for tools that look in between. A stage is
 * told as soon as its data are whole; of a partition that is cut or placed again, what is told last counts.
 */
import type { Arena, Lifetime } from './allocate/arena.js';
import type { PartEstimate } from './cost/estimate.js';
import type { EmittedTask } from './emit/tasks.js';
import type { Graph, Part } from './graph/graph.js';
import type { Operation } from './ir/operation.js';
import type { Refusal } from './ops/shared/rule.js';
import type { LoweredPart } from './partition/lower_part.js';
import type { Placement } from './place/place.js';
import type { Renamed } from './rewrite/rename.js';
import type { Schedule } from './schedule/order.js';
import type { TfliteModel } from './tflite/reader.js';
import type { Step } from './tile/task.js';

/** Of a model. */
export interface ModelStages {
  readonly read: TfliteModel;
  readonly partition: {
    readonly graph: Graph;
    readonly parts: readonly Part[];
    readonly refused: ReadonlyMap<number, Refusal>;
    readonly host: ReadonlyMap<number, Refusal>;
  };
}

/** Of a partition. */
export interface PartStages {
  /** `graph`: its nodes, some of them in place of several of TFLite's. */
  readonly rewrite: Renamed;
  readonly lower: LoweredPart;
  readonly fuse: { readonly operations: readonly Operation[] };
  readonly place: Placement;
  /** `placement`: with the copies by which jobs show that they ran. */
  readonly tile: { readonly steps: readonly Step[]; readonly placement: Placement };
  readonly schedule: Schedule;
  readonly allocate: { readonly lifetimes: readonly Lifetime[]; readonly arena: Arena };
  /** Microseconds. */
  readonly estimate: PartEstimate;
  readonly emit: { readonly tasks: readonly EmittedTask[]; readonly constants: Uint8Array };
  readonly plan: { readonly bytes: Uint8Array };
}

export const stageNames = [
  'read',
  'partition',
  'rewrite',
  'lower',
  'fuse',
  'place',
  'tile',
  'schedule',
  'allocate',
  'estimate',
  'emit',
  'plan',
] as const satisfies readonly (keyof ModelStages | keyof PartStages)[];
export type StageName = (typeof stageNames)[number];

type ModelStage = {
  [Name in keyof ModelStages]: { readonly stage: Name; readonly part: null; readonly data: ModelStages[Name] };
}[keyof ModelStages];
export type PartStage = {
  [Name in keyof PartStages]: { readonly stage: Name; readonly part: Part; readonly data: PartStages[Name] };
}[keyof PartStages];
export type Stage = ModelStage | PartStage;

export type Observe = (stage: Stage) => void;
