/**
 * The table of contents: a partition of a graph in, a plan out, one call for each room.
 * read -> partition (of the rewritten graph) -> rewrite -> lower -> fuse -> place -> tile -> schedule -> allocate -> emit -> plan (`stages.ts`)
 */
import { rewritePart, type Rewritten } from './rewrite/index.js';
import { bordersOf, conflictsOf } from './borders.js';
import { type CoreChoice, onSeveralCores } from './on_cores.js';
import type { PartEstimate } from './cost/estimate.js';
import { isDebugging } from './debug.js';
import { NodeError, PtfeError } from './error.js';
import { betterLeft } from './cost/worth.js';
import { isMachineOptions, machineOf, type MachineOptions } from './hardware/machine.js';
import { fuse, type Precision } from './fuse/fuse.js';
import { foldStems } from './fuse/fold_stem.js';
import { dropUnused } from './fuse/unused.js';
import type { Graph, Part } from './graph/graph.js';
import { readTflite } from './tflite/reader.js';
import type { Numerics } from './graph/numerics.js';
import { type Operation, operandsOf } from './ir/operation.js';
import { partInPieces, piecesOf } from './ir/pieces.js';
import { type Chip, isChip, rk3588 } from './hardware/chips.js';
import type { Hardware } from './hardware/machine.js';
import type { Trust } from './hardware/fact.js';
import type { Refusal } from './ops/shared/rule.js';
import { partMicroseconds } from './partition/cpu.js';
import { checkGraph, npuOf, rewrittenGraph } from './partition/check.js';
import { lowerPart } from './partition/lower_part.js';
import { bugRefusal, partRefusal, type RefusedPart, refusedPart } from './partition/part_rules.js';
import { inRounds, type PartResult } from './partition/rounds.js';
import { splitParts } from './partition/split.js';
import { place } from './place/place.js';
import { compileProgram, type Watched } from './program.js';
import { type InnerTensor, innerTensors } from './plan/inner_tensors.js';
import { writePlan } from './plan/write.js';
import type { Observe } from './stages.js';
import { validating } from './validate/index.js';
import { InvalidStage } from './validate/rule.js';
import { sentWords } from './wire/sent_options.js';

/** `worthwhile`: what the CPU does sooner is left to it. */
export type PartChoice = 'worthwhile' | 'all';

export interface CompileOptions {
  readonly trust: Trust;
  /** What plans are made for. Default: the RK3588. */
  readonly chip?: Chip;
  /** Default: worthwhile. */
  readonly parts?: PartChoice;
  /** Whether a part is the one of its model with the most work: it is left to the CPU for a gain that counts only. Default: it is. */
  readonly isMain?: boolean;
  /** Default: fast, as always with `trust` seen. */
  readonly precision?: Precision;
  /** Nodes that may run on the host; by default all that can. */
  readonly hosted?: ReadonlySet<number>;
  /** Default: those of the newest release. */
  readonly numerics?: Numerics;
  /** What estimates are for. Default: as Linux boots. */
  readonly machine?: MachineOptions;
  /** On how many cores one inference runs at most; auto: where that is quicker by the estimate. Default: 1. */
  readonly cores?: CoreChoice;
}

export const defaultOptions: CompileOptions = { trust: 'inferred' };

export const hardwareOf = ({ chip = rk3588, trust, machine = {} }: CompileOptions): Hardware => ({
  chip,
  trust,
  machine,
});

/** Whose fault it is that nothing writes a tensor that is read: that of the node that should. */
const missingRefusal = (graph: Graph, part: Part, tensor: number, operations: readonly Operation[]): RefusedPart => {
  const makers = graph.nodes.filter(({ index, outputs }) => part.nodes.includes(index) && outputs.includes(tensor));
  const readers = operations
    .filter((operation) => operandsOf(operation).includes(tensor))
    .flatMap(({ nodes }) => nodes);
  const nodes = makers.length > 0 ? makers.map(({ index }) => index) : readers.length > 0 ? readers : part.nodes;
  return refusedPart(
    [...new Set(nodes)].map((node) => partRefusal(node, 'parts', `tensor ${tensor}, which no task makes`)),
  );
};

export type { Watched };

/** Nodes that the CPU does sooner. */
const worthRefusal = ({ nodes, npu, cpu }: NonNullable<ReturnType<typeof betterLeft>>): RefusedPart => {
  const what = nodes.length === 1 ? 'this node' : `${nodes.length} nodes`;
  const text = `${what} about ${Math.ceil(npu)} us on the NPU, ${Math.ceil(cpu)} us on the CPU (parts=all takes them)`;
  const advice = 'no change needed: the CPU is quicker';
  return refusedPart(nodes.map((node) => ({ node, rule: 'worth', text, advice })));
};

export interface WatchedPlan {
  readonly plan: Uint8Array;
  readonly tensors: readonly InnerTensor[];
}

const unobserved: Observe = () => undefined;

/** Compiles nodes that `checkGraph` accepted. @returns the plan's bytes, or why there is none */
export const compilePart = (
  rewritten: Rewritten,
  part: Part,
  options: CompileOptions,
  observe: Observe = unobserved,
): PartResult => {
  const compiled = compileWatched(rewritten, part, options, null, observe);
  return 'plan' in compiled ? compiled.plan : compiled;
};

/** What the operations of a partition are, and where its tensors stand; the nodes that this partition cannot have. */
const placePart = (whole: Rewritten, part: Part, options: CompileOptions, apart: boolean, observe: Observe) => {
  // What `best` is made of was not seen on silicon.
  const hardware = hardwareOf(options);
  const precision = options.trust === 'seen' ? 'fast' : (options.precision ?? 'fast');
  const plain = new Set<number>();
  let rewritten = whole;
  for (;;) {
    const { given, layouts, orders } = rewritten;
    const own = rewritePart(rewritten, part, npuOf(hardware));
    observe({ stage: 'rewrite', part, data: { graph: own, layouts, orders } });
    const lowered = lowerPart(own, hardware, options.hosted ?? null);
    const { operations, firstFresh, refusals } = lowered;
    observe({ stage: 'lower', part, data: lowered });
    if (refusals.length > 0) return refusedPart(refusals);
    // A fused ADD's limit stands behind a multiplier: its place nobody has shown.
    const isPlain = apart || options.trust === 'seen';
    const ends = partInPieces(part, operations);
    const fused = isPlain ? dropUnused(operations, ends) : fuse(hardware.chip, operations, ends, precision, firstFresh);
    const folded = apart ? fused : foldStems(hardware.chip, own, ends, fused, layouts);
    observe({ stage: 'fuse', part, data: { operations: folded } });
    const placement = place(hardware.chip, own, ends, folded, apart);
    observe({ stage: 'place', part, data: placement });
    const pieces = piecesOf(fused);
    const conflicts = conflictsOf(part, placement.borders, pieces, layouts);
    if (conflicts.length === 0) {
      if (placement.missing !== null) return missingRefusal(given, part, placement.missing, placement.operations);
      // Tensors as they lie in memory, nodes as TFLite names them.
      const graph: Graph = { ...own, nodes: given.nodes };
      const shown = bordersOf(part, placement.borders, layouts);
      return { graph, orders, placement, ends, pieces, borders: shown, operations: fused, layouts };
    }
    for (const tensor of conflicts) plain.add(tensor);
    rewritten = rewrittenGraph(given, hardware, plain);
  }
};

/** @param watched null: the plan that runs */
export const compileWatched = (
  rewritten: Rewritten,
  part: Part,
  options: CompileOptions,
  watched: Watched | null,
  observe: Observe = unobserved,
): WatchedPlan | RefusedPart => {
  try {
    const told = isDebugging() ? validating(hardwareOf(options).chip, observe) : observe;
    return watchedPlan(rewritten, part, options, watched, told);
  } catch (error) {
    if (error instanceof InvalidStage) throw error;
    const nodes = error instanceof NodeError ? [error.node] : part.nodes;
    return refusedPart(nodes.map((node) => bugRefusal(node, error)));
  }
};

const watchedPlan = (
  rewritten: Rewritten,
  part: Part,
  options: CompileOptions,
  watched: Watched | null,
  observe: Observe,
): WatchedPlan | RefusedPart => {
  const apart = watched === 'apart';
  const placed = placePart(rewritten, part, options, apart, observe);
  if ('refusals' in placed) return placed;
  const hardware = hardwareOf(options);
  const left = ({ steps }: PartEstimate): RefusedPart | null => {
    if (watched !== null || options.parts !== 'worthwhile') return null;
    const machine = machineOf(hardware.chip, options.machine);
    const sooner = betterLeft(machine, rewritten.given, part, steps, options.isMain ?? true);
    return sooner === null ? null : worthRefusal(sooner);
  };
  const alone = compileProgram(hardware, { ...placed, part, watched }, observe, left);
  if ('refusals' in alone) return alone;
  const choice = watched === null ? (options.cores ?? '1') : '1';
  const several = choice === '1' ? null : onSeveralCores(hardware, placed, part, alone.estimate, choice);
  if (several !== null) observe({ stage: 'estimate', part, data: several.estimate });
  const plan = writePlan(several?.plan ?? alone.plan);
  observe({ stage: 'plan', part, data: { bytes: plan } });
  const { placement, orders } = placed;
  return { plan, tensors: watched === null ? [] : innerTensors(rewritten.given, part, placement, alone.arena, orders) };
};

export interface CompiledModel {
  readonly parts: readonly (Part & { readonly plan: Uint8Array })[];
  readonly refusals: readonly (Refusal & { readonly node: number })[];
  /** Nodes of the partitions that run on the host, and what keeps them from the NPU. */
  readonly hosted: readonly (Refusal & { readonly node: number })[];
}

const allowedOptions = {
  trust: sentWords('trust'),
  parts: sentWords('parts'),
  precision: sentWords('precision'),
  numerics: sentWords('numerics'),
  cores: sentWords('cores'),
} as const;

/** Programs in JavaScript can hand over anything. @throws PtfeError `bad-option` */
const checkOptions = (bytes: unknown, options: CompileOptions): void => {
  if (!(bytes instanceof Uint8Array)) throw new PtfeError('bad-option', 'compileTflite', 'the model is no Uint8Array');
  for (const [name, allowed] of Object.entries(allowedOptions)) {
    const value: unknown = Object.entries(options).find(([key]) => key === name)?.[1];
    if (value !== undefined && !allowed.some((one) => one === value))
      throw new PtfeError('bad-option', `option ${name}`, `${JSON.stringify(value)} is none of ${allowed.join(', ')}`);
  }
  if (options.chip !== undefined && !isChip(options.chip))
    throw new PtfeError('bad-option', 'option chip', 'it lacks something that a chip says of itself');
  if (options.machine !== undefined && !isMachineOptions(options.machine))
    throw new PtfeError(
      'bad-option',
      'option machine',
      'megahertz and cores are positive numbers, interruptCpu is big or little',
    );
  const known = ['chip', 'machine', ...Object.keys(allowedOptions)];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new PtfeError('bad-option', `option ${unknown}`, `it does not exist (options: ${known.join(', ')})`);
};

/** Compiles the partitions of a checked graph, round after round (`partition/rounds.ts`). */
export const compileRounds = (rewritten: Rewritten, options: CompileOptions, observe: Observe = unobserved) =>
  inRounds(
    (part, isMain) => compilePart(rewritten, part, { ...options, isMain }, observe),
    (part) => partMicroseconds(hardwareOf(options).chip, rewritten.given, part),
  );

/** Compiles a .tflite file without TFLite: what the NPU takes, in partitions. @throws PtfeError for a damaged file */
export const compileTflite = (
  bytes: Uint8Array,
  options: CompileOptions = defaultOptions,
  subgraph = 0,
  observe: Observe = unobserved,
): CompiledModel => {
  checkOptions(bytes, options);
  const model = readTflite(bytes, subgraph, options.numerics);
  const { graph, outputs } = model;
  observe({ stage: 'read', part: null, data: model });
  const { rewritten, refused: checked, host } = checkGraph(graph, hardwareOf(options));
  const refused = new Map(checked);
  const hosted = new Set(host.keys());
  const compile = compileRounds(rewritten, { ...options, parts: options.parts ?? 'worthwhile', hosted }, observe);
  for (;;) {
    const supported = new Set(graph.nodes.map(({ index }) => index).filter((index) => !refused.has(index)));
    const parts = splitParts(graph, supported, outputs);
    observe({ stage: 'partition', part: null, data: { graph, parts, refused: new Map(refused), host } });
    const results = compile(parts);
    const refusals = results.flatMap((result) => (result instanceof Uint8Array ? [] : result.refusals));
    for (const { node, ...because } of refusals) refused.set(node, because);
    // Without a refused node the others may be cut in another way.
    if (refusals.length > 0) continue;
    const listed = (map: ReadonlyMap<number, Refusal>) => [...map].map(([node, because]) => ({ ...because, node }));
    return {
      parts: parts.flatMap((part, i) => {
        const plan = results[i];
        return plan instanceof Uint8Array ? [{ ...part, plan }] : [];
      }),
      refusals: listed(refused),
      hosted: listed(host).filter(({ node }) => supported.has(node)),
    };
  }
};
