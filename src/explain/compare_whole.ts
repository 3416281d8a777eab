/**
 * Whole partitions against TFLite: the plan runs from the partition's inputs to its outputs, and every tensor that has memory of its
 * own in it is compared, when it is made and once more before the last node reads it. What one op hands to another, and
 * what is written over it, is seen here; `compare.ts` sees each op's own doing. As differences add up in a deep model, each
 * node is run by itself as well on what the whole run gave it: there it must make the same of it.
 */
import { uint8At } from '../in_range.js';
import { compileTflite, type CompileOptions, compileWatched, hardwareOf, type Watched } from '../compile.js';
import { unpackCube } from '../layout/cube.js';
import { elementCount, type Graph, type Part, reorderedValues } from '../graph/graph.js';
import { isByteTensor } from '../graph/tensor.js';
import { rewrittenGraph } from '../partition/check.js';
import { boPositions } from '../plan/format.js';
import type { InnerTensor } from '../plan/inner_tensors.js';
import { type Bound, boundsOf, countsOf } from './bound.js';
import { compareLayers, isCompared } from './compare.js';
import { type Distance, distance } from './distance.js';

/** Bytes of a BO of the plan as they are when `step` jobs and steps of the host have run. */
export interface Read {
  readonly step: number;
  readonly bo: number;
  readonly offset: number;
  readonly length: number;
}

/** Runs a plan; behind its outputs come the reads. */
export type RunWatched = (
  plan: Uint8Array,
  inputs: readonly Uint8Array[],
  reads: readonly Read[],
) => readonly Uint8Array[];

interface TensorOf {
  readonly node: number;
  readonly op: string;
  readonly tensor: number;
  readonly name: string;
}

export type WholeTensor = TensorOf &
  (
    | ({
        readonly part: number;
        /** Ops that round before it, and what it may differ by. */
        readonly depth: number;
        readonly bound: number;
        /** Something wrote over it before the last node read it. */
        readonly overwritten: boolean;
        /** Counts by which the node by itself makes something else of the same inputs; null where one of them has no memory. */
        readonly alone: number | null;
      } & Distance)
    | { readonly part: number | null; readonly left: string }
  );

/** TFLite's bytes of a tensor from its memory. */
const valuesOf = (graph: Graph, { tensor, memory }: InnerTensor, bytes: Uint8Array): Uint8Array => {
  const found = graph.tensors.get(tensor);
  if (memory === null || found === undefined) return new Uint8Array();
  const codes = unpackCube(memory.cube, bytes);
  const flip = found.type === 'uint8' ? 0x80 : 0;
  if (memory.order === null) return codes.map((code) => code ^ flip);
  const values = new Uint8Array(elementCount(found.shape));
  for (const [place, value] of reorderedValues(found.shape, memory.order).entries())
    values[value] = uint8At(codes, place) ^ flip;
  return values;
};

interface Context {
  readonly graph: Graph;
  readonly options: CompileOptions;
  readonly watched: Watched;
  /** What TFLite's reference kernels put into each tensor. */
  readonly expected: ReadonlyMap<number, Uint8Array>;
  readonly run: RunWatched;
}

const namesOf = (graph: Graph, node: number, tensor: number): TensorOf => ({
  node,
  op: graph.nodes.find(({ index }) => index === node)?.op ?? '',
  tensor,
  name: graph.tensors.get(tensor)?.name ?? '',
});

type Seen = Omit<Extract<WholeTensor, { readonly bound: number }>, 'alone'>;
type Left = Extract<WholeTensor, { readonly left: string }>;

interface SeenPart {
  readonly tensors: readonly (Seen | Left)[];
  /** What the run gave to the nodes and made of it. */
  readonly values: ReadonlyMap<number, Uint8Array>;
}

const comparePart = (context: Context, part: Part, number: number): SeenPart => {
  const { graph, options, watched, expected, run } = context;
  const named = (node: number, tensor: number) => ({ ...namesOf(graph, node, tensor), part: number });
  const all = graph.nodes.filter(({ index }) => part.nodes.includes(index));
  const leftAll = (left: string): SeenPart => ({
    tensors: all.flatMap(({ index, outputs }) => outputs.map((tensor) => ({ ...named(index, tensor), left }))),
    values: new Map(),
  });
  const compiled = compileWatched(rewrittenGraph(graph, hardwareOf(options)), part, options, watched);
  if (!('plan' in compiled)) return leftAll(`not compiled: ${compiled.rule}: ${compiled.text}`);
  const inputs = part.inputs.flatMap((tensor) => expected.get(tensor) ?? []);
  if (inputs.length < part.inputs.length) return leftAll('TFLite shows no bytes of an input of its part');
  const reads = compiled.tensors.flatMap(({ memory }) =>
    memory === null
      ? []
      : [memory.made, memory.lastRead].map((step) => ({
          step,
          bo: boPositions[memory.memory],
          offset: memory.offset,
          length: memory.length,
        })),
  );
  const results = run(compiled.plan, inputs, reads);
  const bounds: ReadonlyMap<number, Bound> = boundsOf(graph, part.nodes);
  let next = part.outputs.length;
  const values = new Map(part.inputs.map((tensor, i) => [tensor, inputs[i] ?? new Uint8Array()] as const));
  const tensors = compiled.tensors.map((inner): Seen | Left => {
    const { tensor, node, memory } = inner;
    const read = (): Uint8Array => valuesOf(graph, inner, results[next++] ?? new Uint8Array());
    const seen = memory === null ? [] : [read(), read()];
    const output = results[part.outputs.indexOf(tensor)];
    const truth = expected.get(tensor);
    const [made, last] = part.outputs.includes(tensor) && output !== undefined ? [seen[0] ?? output, output] : seen;
    if (made === undefined || last === undefined)
      return { ...named(node, tensor), left: 'no memory of its own in the plan' };
    values.set(tensor, made);
    if (truth === undefined) return { ...named(node, tensor), left: 'TFLite shows no bytes of it' };
    const bound = bounds.get(tensor) ?? { depth: 0, passedOn: 0 };
    const overwritten = Buffer.compare(made, last) !== 0;
    const far = distance(graph, tensor, truth, last);
    return { ...named(node, tensor), depth: bound.depth, bound: countsOf(bound), overwritten, ...far };
  });
  return { tensors, values };
};

/** @param model the bytes of a .tflite file, and the graph in it */
export const compareWhole = (model: Uint8Array, context: Context): readonly WholeTensor[] => {
  const { graph, options } = context;
  const { parts, refusals } = compileTflite(model, options);
  const seen = parts.map((part, number) => comparePart(context, part, number));
  const values = new Map(seen.flatMap((part) => [...part.values]));
  const alone = new Map(
    compareLayers(graph, options, values, (plan, inputs) => context.run(plan, inputs, [])).flatMap((layer) =>
      isCompared(layer) ? [[layer.node, layer.largest] as const] : [],
    ),
  );
  const taken = new Map(
    seen
      .flatMap(({ tensors }) => tensors)
      .map((one): readonly [number, WholeTensor] => [
        one.tensor,
        'left' in one ? one : { ...one, alone: alone.get(one.node) ?? null },
      ]),
  );
  const reasons = new Map(refusals.map(({ node, rule, text }) => [node, `on the CPU: ${rule}: ${text}`] as const));
  return graph.nodes.flatMap(({ index, outputs }) =>
    outputs.flatMap((tensor): readonly WholeTensor[] => {
      const one = taken.get(tensor);
      if (one !== undefined) return [one];
      if (!isByteTensor(graph.tensors.get(tensor) ?? null)) return [];
      return [{ ...namesOf(graph, index, tensor), part: null, left: reasons.get(index) ?? 'on the CPU' }];
    }),
  );
};
