/**
 * The table of contents: a part of a graph in, a plan out, one call for each room.
 * model -> ops and axes (partition) -> fuse -> place -> quantize -> tile -> schedule -> allocate -> emit -> plan
 */
import { allocateArena, withTensors } from './allocate/arena.js';
import { ConstantBuffer } from './allocate/constants.js';
import { lifetimesOf } from './allocate/lifetimes.js';
import type { Renamed } from './axes/rename.js';
import { hostTable } from './layout/host_table.js';
import { buildPlan } from './plan/build.js';
import { emitTasks } from './emit/tasks.js';
import { fuse, type Precision } from './fuse/fuse.js';
import { dropUnused } from './fuse/unused.js';
import type { Graph, Part } from './model/graph.js';
import { readTflite } from './model/tflite.js';
import { operators } from './ops/index.js';
import type { Operation } from './ops/operation.js';
import { type OpContext, type OpDefinition, type Refusal, refusalOf, type Trust } from './ops/rule.js';
import { checkGraph, type PartChoice, renamedGraph } from './partition/check.js';
import { splitParts } from './partition/split.js';
import { place, type Placement } from './place/place.js';
import { type InnerTensor, innerTensors } from './plan/inner_tensors.js';
import { writePlan } from './plan/write.js';
import { scheduleJobs } from './schedule/order.js';
import { stagesOf } from './ops/stages.js';
import { isHostStep, type Step } from './tile/task.js';
import { tileOperation } from './tile/tile.js';
import { engineVersion } from './version.js';

export interface CompileOptions {
  readonly trust: Trust;
  /** Default: worthwhile. */
  readonly parts?: PartChoice;
  /** Default: fast, as always with `trust` seen. */
  readonly precision?: Precision;
}

export const defaultOptions: CompileOptions = { trust: 'inferred' };

/** By the host where the NPU's rules refuse the node. */
const loweringOf = (definition: OpDefinition, context: OpContext): OpDefinition['lower'] =>
  definition.host !== undefined && refusalOf(definition, context) !== null ? definition.host.lower : definition.lower;

/** @returns operations in the order of the graph, and the first tensor index that none of them uses */
const lowerPart = (
  graph: Graph,
  part: Part,
  trust: Trust,
): { readonly operations: readonly Operation[]; readonly spare: number } => {
  const wanted = new Set(part.nodes);
  // Ops that look at their neighbours see those of the part only: the others run elsewhere.
  const own: Graph = { ...graph, nodes: graph.nodes.filter(({ index }) => wanted.has(index)) };
  let spare = Math.max(0, ...graph.tensors.keys()) + 1;
  const operations = own.nodes.flatMap((node) => {
    const definition = operators.get(node.op);
    const context: OpContext = { graph: own, node, trust, spare };
    const lowered = definition === undefined ? [] : loweringOf(definition, context)(context);
    spare = Math.max(spare, ...lowered.map(({ output }) => output + 1));
    return lowered;
  });
  return { operations, spare };
};

type Layouts = Placement['borders'];

/** How the host lays out tensors that are not NHWC of their cube; null where it would have to do so in two ways at once. */
const bordersOf = (part: Part, borders: Layouts, layouts: Renamed['layouts']): Layouts | null => {
  const all = new Map(borders);
  for (const tensor of [...part.inputs, ...part.outputs]) {
    const layout = layouts.get(tensor);
    if (layout === undefined) continue;
    if (layout === null || (borders.has(tensor) && layout !== 'flat')) return null;
    if (!borders.has(tensor)) all.set(tensor, layout);
  }
  return all;
};

/**
 * For tools that look into a plan's memory while it runs. `real`: the plan as it is, but each operation a job of its own.
 * `apart`: nothing fused, no tensor in the memory of another one, none used twice.
 */
export type Watched = 'real' | 'apart';

export interface WatchedPlan {
  readonly plan: Uint8Array;
  readonly tensors: readonly InnerTensor[];
}

/** Compiles nodes that `checkGraph` accepted. @returns the plan's bytes, or why there is none */
export const compilePart = (graph: Graph, part: Part, options: CompileOptions): Uint8Array | Refusal => {
  const compiled = compileWatched(graph, part, options, null);
  return 'plan' in compiled ? compiled.plan : compiled;
};

/** @param watched null: the plan that runs */
export const compileWatched = (
  given: Graph,
  part: Part,
  options: CompileOptions,
  watched: Watched | null,
): WatchedPlan | Refusal => {
  const apart = watched === 'apart';
  const { graph, layouts, orders } = renamedGraph(given, options.trust);
  // What `best` is made of was not seen on silicon.
  const precision = options.trust === 'seen' ? 'fast' : (options.precision ?? 'fast');
  const { operations, spare } = lowerPart(graph, part, options.trust);
  // A fused ADD's limit stands behind a multiplier: its place nobody has shown.
  const fused =
    apart || options.trust === 'seen' ? dropUnused(operations, part) : fuse(operations, part, precision, spare);
  const placement = place(graph, part, fused, apart);
  if (placement.missing !== null)
    return { rule: 'parts', text: `tensor ${placement.missing} is made in no node of the part` };
  const borders = bordersOf(part, placement.borders, layouts);
  if (borders === null) return { rule: 'parts', text: 'a tensor with an order that the host cannot lay out' };
  const cubes = new Map([...placement.spots].map(([tensor, { cube }]) => [tensor, cube]));
  const steps: Step[] = [];
  for (const operation of placement.operations) {
    if (operation.kind === 'host') {
      steps.push({ operation });
      continue;
    }
    const result = tileOperation(operation, stagesOf(operation, options.trust), cubes);
    if (result === null)
      return {
        rule: 'tile',
        text: `node ${operation.nodes[0] ?? -1} cannot be cut to fit the chip's buffers`,
        advice: 'take fewer channels or smaller planes',
      };
    steps.push(result);
  }
  const schedule = scheduleJobs(steps, watched !== null);
  const arena = withTensors(allocateArena(lifetimesOf(part, placement, apart)), placement.spots);
  const constants = new ConstantBuffer();
  const tasks = emitTasks(steps, cubes, arena, placement.constants, constants);
  const hostTables = steps.filter(isHostStep).map(({ operation }) => {
    const table = hostTable(operation.kernel);
    return { offset: constants.place(table), bytes: table.byteLength };
  });
  const plan = writePlan(
    buildPlan({
      graph,
      part,
      steps,
      schedule,
      hostTables,
      cubes,
      arena,
      constants: constants.bytes(),
      tasks,
      engineVersion,
      borders,
    }),
  );
  return { plan, tensors: watched === null ? [] : innerTensors(given, part, placement, arena, orders) };
};

export interface CompiledModel {
  readonly parts: readonly (Part & { readonly plan: Uint8Array })[];
  readonly refusals: readonly (Refusal & { readonly node: number })[];
  /** Nodes of the parts that run on the host, and what keeps them from the NPU. */
  readonly hosted: readonly (Refusal & { readonly node: number })[];
}

/** Compiles a .tflite file without TFLite: what the NPU takes, in parts. @throws PtfeError for a damaged file */
export const compileTflite = (
  bytes: Uint8Array,
  options: CompileOptions = defaultOptions,
  subgraph = 0,
): CompiledModel => {
  const { graph, outputs } = readTflite(bytes, subgraph);
  const { refused: checked, host } = checkGraph(graph, options.trust, options.parts ?? 'worthwhile');
  const refused = new Map(checked);
  for (;;) {
    const supported = new Set(graph.nodes.map(({ index }) => index).filter((index) => !refused.has(index)));
    const parts: (Part & { readonly plan: Uint8Array })[] = [];
    const before = refused.size;
    for (const part of splitParts(graph, supported, outputs)) {
      const plan = compilePart(graph, part, options);
      if (plan instanceof Uint8Array) parts.push({ ...part, plan });
      else for (const node of part.nodes) refused.set(node, plan);
    }
    // Without the nodes of a refused part the others may be cut in another way.
    if (refused.size > before) continue;
    const listed = (map: ReadonlyMap<number, Refusal>) => [...map].map(([node, because]) => ({ ...because, node }));
    return { parts, refusals: listed(refused), hosted: listed(host).filter(({ node }) => supported.has(node)) };
  }
};
