import { type ModelSpec, writeTflite } from '../host/tflite_writer.js';
import { compareRuns, type Host, type Hosts, type Model, possible } from './check.js';
import type { RandomGraph } from './graph.js';

export interface Small {
  readonly title: string;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Why the model fails in the host, or null. */
const failureOf = async (hosts: Hosts, model: Model, host: Host): Promise<string | null> => {
  const truth = await hosts.truth(model, host.runtime);
  if (!truth.ok) return null;
  const got = await hosts.run(model, host, true);
  return got.ok ? compareRuns(truth, got, model.allowed).wrong : got.error;
};

type Values = ReadonlyMap<number, Uint8Array>;

/** Some nodes as a model of their own: what they read of others is an input with the values that TFLite had there. */
const cut = (
  spec: ModelSpec,
  keep: ReadonlySet<number>,
  wanted: ReadonlySet<number>,
  values: Values,
  invokes: Model['invokes'],
) => {
  const ops = spec.ops.filter((_, i) => keep.has(i));
  const made = new Set(ops.flatMap(({ outputs }) => outputs));
  const read = new Set(ops.flatMap(({ inputs }) => inputs));
  const inputs = [...read].filter((t) => t !== -1 && !made.has(t) && spec.tensors[t]?.data === undefined);
  const outputs = [...made].filter((t) => !read.has(t) || wanted.has(t));
  const own = inputs.every((tensor) => spec.inputs.includes(tensor));
  const given = inputs.map((tensor) => values.get(tensor));
  // Resizes go on only where the inputs are the graph's.
  const places = inputs.map((tensor) => spec.inputs.indexOf(tensor));
  const turns = own
    ? invokes.map(({ shapes, inputs: all }) => ({
        shapes: shapes === null ? null : places.map((at) => shapes[at] ?? []),
        inputs: places.map((at) => all[at] ?? new Uint8Array()),
      }))
    : [{ shapes: null, inputs: given.flatMap((bytes) => (bytes === undefined ? [] : [bytes])) }];
  const cutSpec: ModelSpec = { tensors: spec.tensors, ops, inputs, outputs };
  const whole = outputs.length > 0 && (own || given.every((bytes) => bytes !== undefined));
  return { spec: cutSpec, turns, whole };
};

/** Only the tensors that are used. */
const compacted = (spec: ModelSpec): ModelSpec => {
  const used = [...new Set([...spec.inputs, ...spec.ops.flatMap(({ inputs, outputs }) => [...inputs, ...outputs])])]
    .filter((tensor) => tensor !== -1)
    .sort((a, b) => a - b);
  const to = (list: readonly number[]): readonly number[] =>
    list.map((tensor) => (tensor === -1 ? -1 : used.indexOf(tensor)));
  return {
    tensors: used.flatMap((tensor) => spec.tensors[tensor] ?? []),
    ops: spec.ops.map((op) => ({ ...op, inputs: to(op.inputs), outputs: to(op.outputs) })),
    inputs: to(spec.inputs),
    outputs: to(spec.outputs),
  };
};

/** The graph without each node that it fails without, from the last one to the first and again. @returns null where it holds by itself */
export const shrunk = async (hosts: Hosts, graph: RandomGraph, host: Host): Promise<Small | null> => {
  const model = await possible(hosts, graph, host.runtime);
  if (typeof model === 'string') return null;
  const text = await failureOf(hosts, model, host);
  if (text === null) return null;
  const all = {
    ...model,
    bytes: writeTflite({ ...graph.spec, outputs: [...new Set(graph.spec.ops.flatMap(({ outputs }) => outputs))] }),
  };
  const first = await hosts.truth({ ...all, invokes: model.invokes.slice(0, 1) }, host.runtime);
  const everything = graph.spec.ops.flatMap(({ outputs }) => outputs);
  const pairs = first.ok
    ? everything.map((tensor, i) => [tensor, first.outputs[0]?.[i]?.data ?? new Uint8Array()] as const)
    : [];
  const values: Values = new Map([
    ...graph.spec.inputs.map((tensor, i) => [tensor, model.invokes[0]?.inputs[i] ?? new Uint8Array()] as const),
    ...pairs,
  ]);
  const most = Math.max(...graph.allowed);
  const wanted = new Set(graph.spec.outputs);
  let keep = new Set(graph.spec.ops.keys());
  let invokes = model.invokes;
  let best: Small = { title: graph.title, text, bytes: graph.bytes };
  const attempt = async (next: ReadonlySet<number>, turns: Model['invokes']): Promise<boolean> => {
    const { spec, turns: given, whole } = cut(graph.spec, next, wanted, values, turns);
    if (!whole) return false;
    const bytes = writeTflite(compacted(spec));
    const why = await failureOf(
      hosts,
      { bytes, invokes: given, allowed: spec.outputs.map((tensor) => graph.bounds.get(tensor) ?? most) },
      host,
    );
    if (why === null) return false;
    best = { title: spec.ops.map(({ op }) => op).join(', '), text: why, bytes };
    return true;
  };
  if (invokes.length > 1 && invokes[0]?.shapes === null && (await attempt(keep, invokes.slice(0, 1))))
    invokes = invokes.slice(0, 1);
  for (let before = Infinity; keep.size < before;) {
    before = keep.size;
    for (const node of [...keep].reverse()) {
      const next = new Set(keep);
      next.delete(node);
      if (next.size > 0 && (await attempt(next, invokes))) keep = next;
    }
  }
  return best;
};
