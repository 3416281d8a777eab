import { seededRandom } from '../host/random.js';
import { type ModelSpec, writeTflite } from '../host/tflite_writer.js';
import { graphInput, newGraph, type Graph } from '../ops/random_layers.js';
import { branches, conv, extreme, fullyConnected, pair, pool, reduce, residual, table } from './arithmetic.js';
import {
  blocks,
  concatenation,
  type Layer,
  pack,
  pad,
  reshape,
  resize,
  shuffle,
  slice,
  split,
  toMap,
  transpose,
} from './places.js';
import { fromPlane, isMap, sizeOf, type Value } from './value.js';

/**
 * Random graphs of many ops: branches, several inputs, outputs inside the graph, batches, and inputs that are resized.
 * Everything follows from the seed.
 */
export interface RandomGraph {
  readonly seed: number;
  readonly title: string;
  readonly spec: ModelSpec;
  readonly bytes: Uint8Array;
  /** Invokes one after the other. */
  readonly invokes: readonly Invoke[];
  /** One without a resize. */
  readonly plain: Invoke;
  /** For each output, in the order of the model: what a value may differ by, a count an op and what scales make of it. */
  readonly allowed: readonly number[];
  /** The same of every tensor between the ops of which it is known. */
  readonly bounds: ReadonlyMap<number, number>;
}

export interface Invoke {
  /** Shapes that the inputs are resized to before; null: they stay. */
  readonly shapes: readonly (readonly number[])[] | null;
  readonly inputs: readonly Uint8Array[];
}

const layers: readonly (readonly [weight: number, layer: Layer])[] = [
  [8, conv],
  [5, residual],
  [4, pool],
  [4, concatenation],
  [3, branches],
  [3, split],
  [3, pair],
  [3, table],
  [2, reshape],
  [2, transpose],
  [2, reduce],
  [2, slice],
  [2, pad],
  [1, extreme],
  [1, shuffle],
  [1, resize],
  [1, blocks],
  [1, pack],
  [1, fullyConnected],
];
const totalWeight = layers.reduce((sum, [weight]) => sum + weight, 0);

const largestTensor = 40_000;

const anyLayer = (graph: Graph): Layer => {
  let at = graph.random.integer(0, totalWeight - 1);
  for (const [weight, layer] of layers) {
    if (at < weight) return layer;
    at -= weight;
  }
  return conv;
};

const anyInput = (graph: Graph, first: Value | undefined): Value => {
  const { random } = graph;
  // Mostly like the first one: then they can be added.
  const same = first !== undefined && random.chance(0.6);
  const batch = first?.batch ?? (random.chance(0.5) ? 1 : random.integer(2, 4));
  const side = (): number => (random.chance(0.2) ? random.integer(1, 3) : random.integer(3, 13));
  const channels = random.chance(0.6) ? random.pick([1, 3, 8, 15, 16, 17, 31, 32, 33]) : random.integer(1, 40);
  const [height, width, depth] = same ? [first.height, first.width, first.channels] : [side(), side(), channels];
  return fromPlane(graphInput(graph, 'x', height, width, depth, 2 ** random.between(-6, -2), batch), 0);
};

/** Other shapes for the inputs: another batch, another plane, or another one of as many bytes. */
const anyShapes = (graph: Graph, shapes: readonly (readonly number[])[]): readonly (readonly number[])[] => {
  const { random } = graph;
  const kind = random.pick(['batch', 'plane', 'swapped', 'halved']);
  const factor = random.pick([2, 3]);
  const [dy, dx] = [random.integer(0, 4), random.integer(0, 4)];
  return shapes.map((shape) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = shape;
    if (kind === 'batch') return [batch > 1 && random.chance(0.5) ? 1 : batch * factor, height, width, channels];
    if (kind === 'plane') return [batch, height + dy, width + dx, channels];
    if (kind === 'swapped') return [batch, width, height, channels];
    return height % 2 === 0 ? [batch, height / 2, width * 2, channels] : [batch * height, 1, width, channels];
  });
};

const noise = (graph: Graph, shapes: readonly (readonly number[])[]): readonly Uint8Array[] =>
  shapes.map((shape) => Uint8Array.from({ length: sizeOf(shape) }, () => graph.random.integer(0, 255)));

const invokesOf = (graph: Graph): readonly Invoke[] => {
  const { random, pictures, inputs, spec } = graph;
  const own = inputs.map((index) => spec.tensors[index]?.shape ?? []);
  const first: Invoke = { shapes: null, inputs: [...pictures] };
  // TFLite does not check the sizes of these against what a resize leaves, and reads what lies behind. A STRIDED_SLICE can
  // become empty, and a PADV2 behind it leaves most of its result unwritten.
  const unsafe = ['SPLIT_V', 'SLICE', 'MIRROR_PAD', 'STRIDED_SLICE'];
  if (random.chance(0.6) || spec.ops.some(({ op }) => unsafe.includes(op))) return [first];
  const other = anyShapes(graph, own);
  const invokes: Invoke[] = [first, { shapes: other, inputs: noise(graph, other) }];
  if (random.chance(0.7)) invokes.push({ shapes: own, inputs: noise(graph, own) });
  // A program that resizes before it invokes for the first time.
  return random.chance(0.2) ? invokes.slice(1) : invokes;
};

/** @param size ops, about */
export function randomGraph(seed: number, size?: number): RandomGraph {
  const random = seededRandom(seed);
  const kind = random.pick<Pick<Graph, 'type' | 'family'>>([
    { type: 'int8', family: 'per-channel' },
    { type: 'int8', family: 'per-tensor' },
    { type: 'uint8', family: 'per-tensor' },
  ]);
  const graph = newGraph({ ...kind, powersOfTwo: random.chance(0.05) }, random);
  const values: Value[] = [anyInput(graph, undefined)];
  const tooLarge: Value[] = [];
  while (values.length < 3 && random.chance(0.3)) values.push(anyInput(graph, values[0]));
  const wanted = size ?? random.integer(2, 14);
  for (let tries = 0; graph.spec.ops.length < wanted && tries < 10 * wanted; tries++) {
    // Mostly what was made last, so that graphs get deep; also what was read before.
    const back = random.chance(0.6) ? 1 : random.integer(1, values.length);
    const value = values.at(-back) ?? values[0];
    if (value === undefined) break;
    const given = isMap(value) || random.chance(0.5) ? value : toMap(graph, value);
    const results = anyLayer(graph)(graph, given, values);
    if (given !== value) values.push(given);
    for (const result of results ?? []) (sizeOf(result.shape) <= largestTensor ? values : tooLarge).push(result);
  }
  return finished(graph, seed, [...values, ...tooLarge]);
}

/** What nothing reads is an output, and now and then a tensor that is read as well. */
function finished(graph: Graph, seed: number, values: readonly Value[]): RandomGraph {
  const { random, spec, inputs } = graph;
  const read = new Set(spec.ops.flatMap((op) => op.inputs));
  const known = new Map(values.map((value) => [value.index, value]));
  const results = spec.ops.flatMap((op) => op.outputs).filter((index) => !inputs.includes(index));
  const outputs = results.filter((index) => !read.has(index) || (known.has(index) && random.chance(0.12)));
  // An input that nothing reads would be none of TFLite's graph.
  const model: ModelSpec = { ...spec, inputs, outputs };
  const bounds = new Map(
    values.map(({ index, depth, differs }) => [index, Math.max(1, depth, Math.floor(differs))] as const),
  );
  const invokes = invokesOf(graph);
  const ops = spec.ops.map((op) => {
    const shape = (list: readonly number[], at: number): string => spec.tensors[list[at] ?? 0]?.shape.join('x') ?? '';
    return `${op.op} ${shape(op.inputs, op.op === 'SPLIT' ? 1 : 0)}>${shape(op.outputs, 0)}`;
  });
  const resizes = invokes.flatMap(({ shapes }) =>
    shapes === null ? [] : [shapes.map((shape) => shape.join('x')).join(',')],
  );
  return {
    seed,
    title: `${graph.type} ${graph.family}: ${ops.join('; ')}${resizes.length > 0 ? ` | resized to ${resizes.join(' and ')}` : ''}`,
    spec: model,
    bytes: writeTflite(model),
    invokes,
    plain: { shapes: null, inputs: [...graph.pictures] },
    allowed: outputs.map((index) => bounds.get(index) ?? 255),
    bounds,
  };
}
